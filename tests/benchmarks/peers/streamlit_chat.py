"""Streamlit's chat elements as its own documentation begins."""

from __future__ import annotations

import os

import streamlit as st
from deltas import deltas_in_a_thread

if asked := st.chat_input("Say something"):
    with st.chat_message("user"):
        st.write(asked)
    with st.chat_message("assistant"):
        st.write_stream(deltas_in_a_thread(os.environ["SOURCE"]))
