package lyceum.plot.render;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Pixels as a PNG file of a few hundred bytes, with no other metadata and without java.desktop. */
final class PixelPng {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    private PixelPng() {}

    static byte[] encode(int[] argb, int width, int height) {
        boolean opaque = true;
        boolean gray = true;
        for (int p : argb) {
            opaque &= p >>> 24 == 255;
            gray &= (p >> 16 & 255) == (p >> 8 & 255) && (p & 255) == (p >> 8 & 255);
        }
        int channels = opaque ? gray ? 1 : 3 : 4;
        var raw = new byte[height * (1 + channels * width)];
        int at = 0;
        for (int y = 0; y < height; y++) {
            at++;
            for (int x = 0; x < width; x++) {
                int p = argb[y * width + x];
                raw[at++] = (byte) (channels == 1 ? p : p >> 16);
                if (channels == 1) continue;
                raw[at++] = (byte) (p >> 8);
                raw[at++] = (byte) p;
                if (channels == 4) raw[at++] = (byte) (p >> 24);
            }
        }
        var out = new ByteArrayOutputStream(raw.length / 4 + 128);
        out.writeBytes(SIGNATURE);
        var header = ByteBuffer.allocate(13).putInt(width).putInt(height).put((byte) 8)
                .put((byte) (channels == 1 ? 0 : channels == 3 ? 2 : 6));
        chunk(out, "IHDR", header.array());
        chunk(out, "IDAT", deflated(raw));
        chunk(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    private static byte[] deflated(byte[] raw) {
        var out = new ByteArrayOutputStream(raw.length / 4 + 64);
        try (var deflater = new Deflater(Deflater.BEST_COMPRESSION)) {
            deflater.setInput(raw);
            deflater.finish();
            var buffer = new byte[8_192];
            while (!deflater.finished()) out.write(buffer, 0, deflater.deflate(buffer));
        }
        return out.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream out, String type, byte[] data) {
        var name = type.getBytes(StandardCharsets.US_ASCII);
        var crc = new CRC32();
        crc.update(name);
        crc.update(data);
        out.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        out.writeBytes(name);
        out.writeBytes(data);
        out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }
}
