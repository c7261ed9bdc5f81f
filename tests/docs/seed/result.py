from spine.core.result import Result, Ok, Err, try_result

def fetch_user(id: str) -> Result[User]:
    try:
        user = db.get(id)
        return Ok(user)
    except NotFound:
        return Err(SourceNotFoundError(f"User {id} not found"))

# Pattern matching
result = fetch_user("123")
match result:
    case Ok(user):
        print(f"Found: {user.name}")
    case Err(error):
        print(f"Error: {error.message}")

# Or functional chaining
final = (
    fetch_user("123")
    .map(lambda u: u.name)
    .unwrap_or("Unknown")
)
