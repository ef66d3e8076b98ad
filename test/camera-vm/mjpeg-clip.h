/* A clip: JPEG files one after the other, shown over and over. */
#ifndef MJPEG_CLIP_H
#define MJPEG_CLIP_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct clip { const uint8_t *bytes; size_t size, offset; };

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static struct clip load_clip(const char *path)
{
    struct clip clip = {0};
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) die(path);
    clip.size = (size_t)ftell(file);
    uint8_t *bytes = malloc(clip.size);
    rewind(file);
    if (clip.size < 4 || !bytes || fread(bytes, 1, clip.size, file) != clip.size) die(path);
    fclose(file);
    clip.bytes = bytes;
    return clip;
}

/* The next picture: all bytes up to the next start-of-image marker. Returns its size. */
static size_t next_jpeg(struct clip *clip, const uint8_t **start)
{
    static const uint8_t soi[] = {0xff, 0xd8, 0xff};
    if (clip->offset >= clip->size) clip->offset = 0;
    *start = clip->bytes + clip->offset;
    const uint8_t *next = memmem(*start + 2, clip->size - clip->offset - 2, soi, sizeof soi);
    size_t size = next ? (size_t)(next - *start) : clip->size - clip->offset;
    clip->offset += size;
    return size;
}

#endif
