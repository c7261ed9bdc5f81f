"""Entry point of this distribution: registers its commands and tables by name, without importing them."""

from __future__ import annotations

from spine.plugins import CommandSpec, MigrationSpec, ReportSpec, hookimpl


@hookimpl
def spine_register_commands() -> list[CommandSpec]:
    return [
        CommandSpec("board", "spine_board.commands:board", help="Show the project in a browser; manage its tokens."),
    ]


@hookimpl
def spine_register_migrations() -> list[MigrationSpec]:
    return [
        MigrationSpec(
            "board",
            "spine_board:migrations",
            head="0001",
            metadata="spine_board.tables:metadata",
            help="The tokens of the board, as hashes, and what was done with them.",
        )
    ]


@hookimpl
def spine_register_reports() -> list[ReportSpec]:
    return [ReportSpec("html", "spine_board.report:HtmlReport", help="One HTML file that opens offline.")]
