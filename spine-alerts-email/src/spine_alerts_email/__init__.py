"""Spine alert channel for e-mail. The class is `spine_alerts_email.channel.EmailChannel`."""
