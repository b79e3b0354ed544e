/** A file and the folder that it was in, "" at the top; `key` of the upload that it goes on with, if of one. */
export interface Found {
  file: File;
  folder: string;
  key?: string;
}

/** Files chosen in a field, with their folders where a folder was chosen. */
export function chosen(files: FileList): Found[] {
  return [...files].map((file) => ({ file, folder: folderOf(file.webkitRelativePath) }));
}

/** All files of what was dropped, folders read to their depth; at most `most`. */
export async function dropped(transfer: DataTransfer, most: number): Promise<Found[]> {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  const found: Found[] = [];
  for (const entry of entries) await gather(entry, "", found, most);
  return found;
}

function folderOf(path: string): string {
  return path.split("/").slice(0, -1).join("/");
}

async function gather(entry: FileSystemEntry, folder: string, found: Found[], most: number): Promise<void> {
  if (found.length >= most) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    found.push({ file, folder });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inner = folder ? `${folder}/${entry.name}` : entry.name;
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (!batch.length) return;
    for (const each of batch) await gather(each, inner, found, most);
  }
}
