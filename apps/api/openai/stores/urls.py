"""Routes of files and vector stores below /v1/."""

from django.urls import path

from apps.api.openai.stores import contents, files, ids, search, stores

__all__ = ["ids", "urlpatterns"]

_STORE = "vector_stores/<v1_store:store_id>"
_FILE = f"{_STORE}/files/<v1_file:given_id>"
_BATCH = f"{_STORE}/file_batches/<v1_batch:batch_id>"

urlpatterns = [
    path("files", files.FileListApi.as_view(), name="v1-files"),
    path("files/<v1_file:given_id>", files.FileApi.as_view(), name="v1-file"),
    path("files/<v1_file:given_id>/content", files.FileContentApi.as_view(), name="v1-file-content"),
    path("vector_stores", stores.StoreListApi.as_view(), name="v1-stores"),
    path(_STORE, stores.StoreItemApi.as_view(), name="v1-store"),
    path(f"{_STORE}/search", search.search, name="v1-store-search"),
    path(f"{_STORE}/files", contents.StoreFileListApi.as_view(), name="v1-store-files"),
    path(_FILE, contents.StoreFileApi.as_view(), name="v1-store-file"),
    path(f"{_FILE}/content", contents.StoreFileContentApi.as_view(), name="v1-store-file-content"),
    path(f"{_STORE}/file_batches", contents.BatchListApi.as_view(), name="v1-batches"),
    path(_BATCH, contents.BatchApi.as_view(), name="v1-batch"),
    path(f"{_BATCH}/cancel", contents.BatchCancelApi.as_view(), name="v1-batch-cancel"),
    path(f"{_BATCH}/files", contents.BatchFileListApi.as_view(), name="v1-batch-files"),
]
