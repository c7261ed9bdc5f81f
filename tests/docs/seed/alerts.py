from spine.framework.alerts import SlackChannel, alert_registry, send_alert

# Configure channels (usually at startup)
slack = SlackChannel(
    name="ops-alerts",
    webhook_url="https://hooks.slack.com/...",
    min_severity=AlertSeverity.ERROR,
    domains=["finra.*"],  # Only FINRA alerts
)
alert_registry.register(slack)

# Send alerts (from anywhere)
send_alert(
    severity=AlertSeverity.ERROR,
    title="FINRA Ingestion Failed",
    message="Weekly OTC file could not be downloaded",
    source="finra.otc.ingest",
)
