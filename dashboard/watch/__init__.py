"""Watching back ends when nobody chats: canaries, objectives, alerts."""
