package lyceum.data.sounds;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import lyceum.FormatException;

/**
 * WAVE files: whole numbers of 8 (unsigned), 16, 24 and 32 bits, floats of 32 and 64, any number of channels, plain and extensible headers.
 * Whole numbers are divided by their largest power of two, so that samples lie in [-1, 1). A file that ends early, as a stream's does that
 * was cut, has the whole frames that are there.
 *
 * {@snippet :
 * Sound sound = Wav.read(path).mono().resampled(16_000);
 * Wav.write(path, sound, Wav.Encoding.PCM_16);
 * }
 */
public final class Wav {
    private static final int PCM = 1, FLOAT = 3, EXTENSIBLE = 0xFFFE, LARGEST = Integer.MAX_VALUE - 64;

    private Wav() {}

    /** How samples are stored. */
    public enum Encoding {
        PCM_8(1), PCM_16(2), PCM_24(3), PCM_32(4), FLOAT_32(4), FLOAT_64(8);

        private final int bytes;

        Encoding(int bytes) { this.bytes = bytes; }

        private boolean isFloat() { return this == FLOAT_32 || this == FLOAT_64; }

        private static Encoding of(int format, int bits, int at) {
            for (var e : values()) if (e.bytes * 8 == bits && format == (e.isFloat() ? FLOAT : PCM)) return e;
            throw FormatException.at("wav", at, "format " + format + " of " + bits + " bits; PCM of 8 to 32 and floats are read");
        }
    }

    /** @throws FormatException if it is malformed, with the byte offset, or of 2 GiB and more */
    public static Sound read(Path file) throws IOException {
        long size = Files.size(file);
        if (size > LARGEST) throw FormatException.at("wav", 0, "a file of " + size + " bytes; at most " + LARGEST + " are read");
        return read(Files.readAllBytes(file));
    }

    /** A file's bytes. */
    public static Sound read(byte[] bytes) {
        var in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < 12 || !name(in, 0).equals("RIFF") || !name(in, 8).equals("WAVE"))
            throw FormatException.at("wav", 0, "not a RIFF file of kind WAVE");
        Encoding encoding = null;
        int channels = 0, rate = 0;
        for (long at = 12; at + 8 <= bytes.length;) {
            String name = name(in, (int) at);
            long size = Integer.toUnsignedLong(in.getInt((int) at + 4)), left = bytes.length - at - 8;
            int body = (int) at + 8;
            if (name.equals("data")) {
                if (encoding == null) throw FormatException.at("wav", at, "samples before their format");
                return samples(in, body, (int) Math.min(size, left), encoding, channels, rate); // streamed files claim too much
            }
            if (size > left) throw FormatException.at("wav", at, "a part of " + size + " bytes where " + left + " are left");
            if (name.equals("fmt ")) {
                if (size < 16) throw FormatException.at("wav", at, "a format of " + size + " bytes; it has at least 16");
                int format = in.getShort(body) & 0xFFFF, frame = in.getShort(body + 12) & 0xFFFF, bits = in.getShort(body + 14) & 0xFFFF;
                channels = in.getShort(body + 2) & 0xFFFF;
                rate = in.getInt(body + 4);
                if (format == EXTENSIBLE && size >= 26) format = in.getShort(body + 24) & 0xFFFF;
                if (channels < 1 || rate < 1)
                    throw FormatException.at("wav", body, channels + " channels at " + rate + " samples a second");
                encoding = Encoding.of(format, bits, body);
                if (frame != encoding.bytes * channels) throw FormatException.at("wav", body + 12,
                        "frames of " + frame + " bytes for " + channels + " channels of " + bits + " bits");
            }
            at += 8 + size + (size & 1);
        }
        throw FormatException.at("wav", bytes.length, "the file ends before its samples");
    }

    private static String name(ByteBuffer in, int at) { return new String(in.array(), at, 4, StandardCharsets.ISO_8859_1); }

    private static Sound samples(ByteBuffer in, int from, int size, Encoding encoding, int channels, int rate) {
        int length = size / (encoding.bytes * channels);
        var samples = new float[channels][length];
        for (int i = 0, at = from; i < length; i++)
            for (int c = 0; c < channels; c++, at += encoding.bytes) samples[c][i] = switch (encoding) {
                case PCM_8 -> ((in.get(at) & 0xFF) - 128) / 128f;
                case PCM_16 -> in.getShort(at) / 32_768f;
                case PCM_24 -> ((in.getShort(at) & 0xFFFF) | in.get(at + 2) << 16) / 8_388_608f;
                case PCM_32 -> in.getInt(at) / 2_147_483_648f;
                case FLOAT_32 -> in.getFloat(at);
                case FLOAT_64 -> (float) in.getDouble(at);
            };
        return new Sound(samples, rate);
    }

    public static void write(Path file, Sound sound, Encoding encoding) throws IOException { Files.write(file, bytes(sound, encoding)); }

    /** A whole file; whole numbers are rounded, and held in their range. @throws IllegalArgumentException beyond 2 GiB */
    public static byte[] bytes(Sound sound, Encoding encoding) {
        int channels = sound.channels().length, frame = encoding.bytes * channels;
        long size = (long) sound.length() * frame;
        if (frame > 0xFFFF)
            throw new IllegalArgumentException("Wav: " + channels + " channels of " + encoding + "; a frame has at most 65535 bytes");
        if (size > LARGEST) throw new IllegalArgumentException("Wav: " + size + " bytes of samples; there are less than 2 GiB");
        var out = ByteBuffer.allocate((int) (44 + size + (size & 1))).order(ByteOrder.LITTLE_ENDIAN);
        out.put(ascii("RIFF")).putInt(out.capacity() - 8).put(ascii("WAVE")).put(ascii("fmt ")).putInt(16);
        out.putShort((short) (encoding.isFloat() ? FLOAT : PCM)).putShort((short) channels).putInt(sound.rate());
        out.putInt(sound.rate() * frame).putShort((short) frame).putShort((short) (encoding.bytes * 8)).put(ascii("data"))
                .putInt((int) size);
        for (int i = 0; i < sound.length(); i++) for (var channel : sound.channels()) put(out, channel[i], encoding);
        return out.array();
    }

    private static void put(ByteBuffer out, float v, Encoding encoding) {
        switch (encoding) {
            case PCM_8 -> out.put((byte) (whole(v, 128) + 128));
            case PCM_16 -> out.putShort((short) whole(v, 32_768));
            case PCM_24 -> {
                int n = (int) whole(v, 8_388_608);
                out.putShort((short) n).put((byte) (n >> 16));
            }
            case PCM_32 -> out.putInt((int) whole(v, 2_147_483_648L));
            case FLOAT_32 -> out.putFloat(v);
            case FLOAT_64 -> out.putDouble(v);
        }
    }

    private static long whole(float v, long scale) { return Math.clamp(Math.round((double) v * scale), -scale, scale - 1); }

    private static byte[] ascii(String text) { return text.getBytes(StandardCharsets.US_ASCII); }
}
