"""A Git repository over HTTP(S): the files of one branch as they are now, without their history.

dulwich (Apache-2.0) speaks the protocol; every request leaves through the egress client, to the repository's
own origin. `ssh://`, `git://` and `file://` are refused. Links, submodules and hidden files are left out.
"""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import IO, Any, Final, TypeVar
from urllib.parse import quote, urlsplit

from dulwich.client import AbstractHttpGitClient
from dulwich.errors import GitProtocolError, HangupException, NotGitRepository
from dulwich.object_store import ObjectStoreGraphWalker
from dulwich.objects import Commit, ObjectID, parse_tree
from dulwich.refs import Ref

from apps.knowledge.connectors.base import (
    MOST_ITEMS,
    MOST_KEY_BYTES,
    BadSettingError,
    Changes,
    ConnectorError,
    Field,
    Item,
    ItemGoneError,
    Kind,
    Opening,
    Plain,
    Writable,
    folder_of,
)
from apps.knowledge.connectors.packs import BadPackError, Pack
from apps.knowledge.connectors.wire import Place, TooLargeError, Wire, checked_address, origin_of

R = TypeVar("R")

_MOST_PACK: Final = 256 * 1024 * 1024
_DEEPEST: Final = 32
_FOLDER_MODE: Final = 0o040000
_FILE_MODES: Final = {0o100644, 0o100755}
_BRANCH: Final = re.compile(r"(?!-)[^\s~^:?*\[\\\x00-\x1f\x7f]{1,200}")
_HOSTS: Final = {"gitlab.com": "/-/blob/", "codeberg.org": "/src/branch/"}
_IN_MEMORY: Final = 1024 * 1024


class _Answer:
    """What dulwich wants to know of an answer."""

    redirect_location = ""

    def __init__(self, content_type: str, body: IO[bytes]) -> None:
        self.content_type = content_type
        self._body = body

    def close(self) -> None:
        """Let the temporary file go."""
        self._body.close()


class _Client(AbstractHttpGitClient):
    """dulwich's protocol over the egress client; redirects are refused, dumb servers too."""

    def __init__(self, address: str, wire: Wire, authorization: str) -> None:
        super().__init__(address, thin_packs=False, quiet=True)
        self._wire = wire
        self._authorization = authorization
        self._answers: list[_Answer] = []

    def close(self) -> None:
        """Let go of every answer; dulwich forgets to in protocol 2."""
        for answer in self._answers:
            answer.close()

    def _http_request(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        data: Any = None,
        raise_for_status: bool = True,  # noqa: FBT001, FBT002 - dulwich's signature
    ) -> tuple[Any, Callable[[int], bytes]]:
        sent = {**(headers or {}), "Accept-Encoding": "identity", "User-Agent": "git/atrium"}
        if self._authorization:
            sent["Authorization"] = self._authorization
        body = data if data is None or isinstance(data, bytes) else b"".join(data)
        whole: Any = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed with the answer
        try:
            answer = self._wire.call(
                "GET" if body is None else "POST", url, headers=sent, body=body, most=_MOST_PACK, into=whole
            )
            self._check(answer.status, answer.content_type)
        except BaseException:
            whole.close()
            raise
        whole.seek(0)
        told = _Answer(answer.content_type, whole)
        self._answers.append(told)
        return told, whole.read

    def _check(self, status: int, content_type: str) -> None:
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
            raise ConnectorError(
                f"{self._wire.host} shows no such repository to this user and token. Check the address; a "
                "private repository needs a token that may read it.",
                retryable=False,
            )
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            raise ConnectorError(
                f"{self._wire.host} leads to another address, which is not followed. Enter that one.",
                retryable=False,
            )
        if status != HTTPStatus.OK:
            raise ConnectorError(
                f"{self._wire.host} answered with status {status}. Nothing was changed here.", retryable=True
            )
        if not content_type.startswith("application/x-git-"):
            raise ConnectorError(
                f"There is no Git repository at this address of {self._wire.host}.", retryable=False
            )


class GitConnector(Plain):
    """The files of one branch; its cursor is the commit that was read last."""

    def __init__(self, opening: Opening) -> None:
        self._settings = opening.settings
        self._largest = opening.largest
        self._wire = Wire(Place(opening.settings["address"], opening.allowed))
        self._client = _Client(opening.settings["address"], self._wire, _authorization(opening))
        self._pack: Pack | None = None

    def changes(self, cursor: str) -> Changes:
        """Nothing when the branch still stands at `cursor`; else all its files, with their objects' names."""
        commit = self._asked(self._head)
        if commit == cursor:
            return Changes((), cursor, is_whole=False)
        pack = self._pack = self._asked(lambda: self._fetched(commit))
        found = pack.get(commit)
        if found is None:
            raise self._broken()
        tree = Commit.from_string(found[1]).tree.decode()
        items: list[Item] = []
        for item in self._walked(pack, tree, PurePosixPath(self._settings["folder"]), PurePosixPath(), 0):
            if len(items) == MOST_ITEMS:
                note = f"Only the first {MOST_ITEMS} files are followed; nothing is deleted meanwhile."
                return Changes(tuple(items), commit, is_whole=False, note=note)
            items.append(item)
        return Changes(tuple(items), commit)

    def fetch(self, item: Item, into: Writable) -> None:
        """The blob's bytes, as committed: no filters, no line endings changed."""
        if self._pack is None:
            raise ItemGoneError
        found = self._pack.get(item.version)
        if found is None:
            raise TooLargeError
        into.write(found[1])

    def __exit__(self, *_: object) -> None:
        self._client.close()
        if self._pack is not None:
            self._pack.close()

    def _asked(self, work: Callable[[], R]) -> R:
        """What `work` gives; what dulwich raises for a host that breaks the protocol becomes a sentence."""
        try:
            return work()
        except TooLargeError as error:
            raise self._too_large() from error
        except ConnectorError:
            raise
        except NotGitRepository as error:
            raise ConnectorError("There is no Git repository at this address.", retryable=False) from error
        except BadPackError as error:
            raise self._too_large() from error
        except (GitProtocolError, HangupException, AssertionError, ValueError, KeyError, OSError) as error:
            raise self._broken() from error

    def _head(self) -> str:
        """The branch's commit; the default branch's where none was entered."""
        branch = self._settings["branch"]
        listed = self._client.get_refs(b"")
        name = Ref(f"refs/heads/{branch}".encode() if branch else b"HEAD")
        commit = listed.refs.get(name)
        if commit is None:
            wanted = f"branch {branch}" if branch else "default branch"
            raise ConnectorError(f"The repository has no {wanted}.", retryable=False)
        return str(commit.decode())

    def _fetched(self, commit: str) -> Pack:
        """The branch's present files in a pack, unpacked."""
        wanted = ObjectID(commit.encode())
        with tempfile.TemporaryFile() as file:
            self._client.fetch_pack(
                b"",
                lambda refs, depth=None: [wanted],
                ObjectStoreGraphWalker([], lambda _: []),
                file.write,
                depth=1,
            )
            file.seek(0)
            return Pack(file, largest=self._largest)

    def _walked(
        self, pack: Pack, tree: str, wanted: PurePosixPath, at: PurePosixPath, depth: int
    ) -> Iterator[Item]:
        """The files of a tree, in the order of their names, below the folder that is `wanted`."""
        found = pack.get(tree)
        if found is None or found[0] != b"tree" or depth > _DEEPEST:
            raise self._broken()
        for raw, mode, name in parse_tree(found[1], 20):
            key = _joined(at, raw)
            if key is None or not (key.is_relative_to(wanted) or wanted.is_relative_to(key)):
                continue
            if mode == _FOLDER_MODE:
                yield from self._walked(pack, name.decode(), wanted, key, depth + 1)
            elif mode in _FILE_MODES and key.is_relative_to(wanted):
                yield Item(str(key), name.decode(), key.name, self._link(str(key)), folder_of(key))

    def _link(self, key: str) -> str:
        """Where hosts that are known show the file on the branch; elsewhere its path."""
        address, branch = self._settings["address"], self._settings["branch"] or "HEAD"
        host = urlsplit(address).hostname or ""
        if host == "github.com" or host in _HOSTS:
            middle = _HOSTS.get(host, "/blob/")
            return f"{address.removesuffix('.git')}{middle}{quote(branch)}/{quote(key)}"
        return key

    def _broken(self) -> ConnectorError:
        return ConnectorError(
            f"{self._wire.host} answered with something that is not Git's protocol. Nothing was "
            "changed here.",
            retryable=True,
        )

    def _too_large(self) -> ConnectorError:
        return ConnectorError(
            f"The branch is damaged, or larger than is read ({_MOST_PACK // 2**20} MB packed). Nothing was "
            "changed here. Follow a smaller repository.",
            retryable=False,
        )


def _joined(at: PurePosixPath, raw: bytes) -> PurePosixPath | None:
    """The path of an entry; None for hidden ones and for names that no row holds."""
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        return None
    key = at / name
    if name.startswith(".") or "/" in name or "\x00" in name or len(str(key).encode()) > MOST_KEY_BYTES:
        return None
    return key


def _authorization(opening: Opening) -> str:
    """Basic, as Git hosts take tokens; some want a user's name with it, the others take any."""
    if not opening.secret:
        return ""
    pair = f"{opening.settings['user'] or 'git'}:{opening.secret}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _check(settings: Mapping[str, str]) -> dict[str, str]:
    address = settings.get("address", "").strip()
    if not address.startswith(("https://", "http://")):
        raise BadSettingError(
            "address",
            "Only repositories over https:// can be followed. Enter the address that “Clone” shows.",
        )
    branch = settings.get("branch", "").strip()
    if branch and not _BRANCH.fullmatch(branch):
        raise BadSettingError("branch", "This is not a branch's name.")
    folder = PurePosixPath(settings.get("folder", "").strip().strip("/"))
    if ".." in folder.parts:
        raise BadSettingError("folder", "The path must not hold “..”.")
    user = settings.get("user", "").strip()
    if ":" in user or not user.isprintable() or len(user) > 200:  # noqa: PLR2004 - far above any
        raise BadSettingError("user", "This is not a user's name.")
    return {
        "address": checked_address("address", address),
        "branch": branch,
        "folder": "" if folder == PurePosixPath() else str(folder),
        "user": user,
    }


KIND: Final = Kind(
    slug="git",
    label="Git repository",
    purpose="The files of one branch over HTTPS: GitHub, GitLab, Gitea, Azure DevOps, Bitbucket or your own.",
    fields=(
        Field(
            "address",
            "Address",
            "The address that “Clone” shows for HTTPS, such as https://github.com/acme/handbook.git.",
            required=True,
        ),
        Field("branch", "Branch", "Empty: the repository's default branch."),
        Field("folder", "Only below", "A folder of the repository, such as docs. Empty: all files."),
        Field("user", "User name", "Only where the host wants one with its token."),
        Field(
            "secret",
            "Token",
            "A token that may read this repository, and no more. Stored sealed, sent to this address only. "
            "Empty for a public repository.",
            secret=True,
        ),
    ),
    check=_check,
    origin=lambda settings: origin_of(settings["address"]),
    open=GitConnector,
    readers="Git has no readers of single files that could be mirrored: whoever may read the collection "
    "reads them all.",
)
