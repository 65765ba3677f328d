"""The endpoints of stored files and links, and who answers each."""

from __future__ import annotations

from peerseal.server.api import Answers
from peerseal.server.files.service import Files


def register(answers: Answers, files: Files) -> None:
    """All of docs/api.md §4 and §5 but the chunks."""
    answers("files")(files.listing.files)
    answers("file")(files.listing.file)
    answers("versions")(files.listing.versions)
    answers("new_file")(files.uploads.new_file)
    answers("new_version")(files.uploads.new_version)
    answers("delete_version")(files.uploads.delete_version)
    answers("upload")(files.uploads.upload)
    answers("store_ticket")(files.uploads.ticket)
    answers("reserve")(files.uploads.reserve)
    answers("commit")(files.uploads.commit)
    answers("abandon")(files.uploads.abandon)
    answers("change_file")(files.sharing.change_file)
    answers("delete_file")(files.sharing.delete_file)
    answers("share")(files.sharing.share)
    answers("revoke")(files.sharing.revoke)
    answers("set_sender")(files.refusing.set_sender)
    answers("new_link")(files.sharing.new_link)
    answers("revoke_link")(files.sharing.revoke_link)
    answers("link")(files.links.ask)
    answers("open_link")(files.links.open)
    answers("link_ticket")(files.links.ticket)
    answers("confirm_link")(files.links.confirm)
