"""When schedules are due and what becomes of each tick: pure functions, without a database, a process or a clock."""
