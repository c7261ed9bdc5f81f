from spine.core.errors import TransientError, SourceError, is_retryable

try:
    fetch_data()
except Exception as e:
    if is_retryable(e):
        # Network timeout, rate limit—try again
        schedule_retry()
    else:
        # File not found, validation error—alert and move on
        send_alert(e)
