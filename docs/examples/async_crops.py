"""Crops in an asyncio program: the work is done in threads, and the event loop stays free.

    python docs/examples/async_crops.py photo.jpg other.jpg

A `Cropper` may be shared by threads. One thread a photo and a few photos at once use the cores
best; the semaphore says how many, and with that how much memory they take.
"""

from __future__ import annotations

import asyncio
import sys

from marscrop import Crop, Cropper, MarscropError

PHOTOS_AT_ONCE = 2


async def crops_of(cropper: Cropper, free: asyncio.Semaphore, path: str) -> list[Crop]:
    """The crops of a photo, once there is room for it."""
    async with free:
        return await asyncio.to_thread(cropper.crop, path, ["16:9", "1:1"])


async def main(paths: list[str]) -> None:
    cropper = await asyncio.to_thread(Cropper, threads=1)
    free = asyncio.Semaphore(PHOTOS_AT_ONCE)
    tasks = [crops_of(cropper, free, path) for path in paths]
    found = await asyncio.gather(*tasks, return_exceptions=True)
    for path, crops in zip(paths, found, strict=True):
        if isinstance(crops, MarscropError):
            print(crops, file=sys.stderr)
        elif isinstance(crops, BaseException):
            raise crops
        else:
            for crop in crops:
                print(path, crop.ratio, *crop.box)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
