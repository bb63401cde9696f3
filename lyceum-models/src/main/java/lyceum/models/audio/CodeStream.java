package lyceum.models.audio;

import java.nio.ByteBuffer;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Codes as bits: a header of 16 bytes, then frame by frame each book's code in {@code ceil(log2 codes)} bits, the highest first; the last
 * byte is filled up with zeros.
 *
 * {@snippet :
 * Tensor codes = Tensor.randint(rng, 0, 1024, 8, 75);  // (books, frames)
 * byte[] file = CodeStream.pack(codes, 1024);
 * Tensor same = CodeStream.unpack(file);
 * }
 *
 * <p>Header: {@code LYAC}, version 1 and books (16 bits each), codes of a book and frames (32 bits each).
 */
public final class CodeStream {
    private static final int MAGIC = 0x4C594143, HEADER = 16;

    private CodeStream() {}

    /** Bits of a code: {@code ceil(log2 codes)}. */
    public static int bits(int codes) {
        if (codes < 1) throw new IllegalArgumentException("CodeStream: " + codes + " codes; at least one is needed");
        return 32 - Integer.numberOfLeadingZeros(codes - 1);
    }

    /** Bits of the codes alone, without the header. */
    public static long payloadBits(int books, long frames, int codes) { return Math.multiplyExact(frames, (long) books * bits(codes)); }

    /** @param codes (books, frames), each from 0 to {@code codes - 1} */
    public static byte[] pack(Tensor ids, int codes) {
        if (ids.rank() != 2 || !ids.dtype().isInteger() || ids.size(0) < 1 || ids.size(0) > 0xFFFF) throw new ShapeException(
                "CodeStream.pack: ids " + ids.dtype() + " " + ids.shape() + "; they are whole numbers (books, frames), 1 to 65535 books");
        int books = (int) ids.size(0), frames = Math.toIntExact(ids.size(1)), bits = bits(codes);
        var values = ids.toLongArray();
        var out = ByteBuffer.allocate(Math.toIntExact(HEADER + (payloadBits(books, frames, codes) + 7) / 8));
        out.putInt(MAGIC).putShort((short) 1).putShort((short) books).putInt(codes).putInt(frames);
        long at = 8L * HEADER;
        for (int t = 0; t < frames; t++) for (int b = 0; b < books; b++) {
            long id = values[b * frames + t];
            if (id < 0 || id >= codes) throw new IllegalArgumentException("CodeStream.pack: code " + id + "; they are 0 to " + (codes - 1));
            for (int bit = bits - 1; bit >= 0; bit--, at++)
                if ((id >> bit & 1) == 1) out.array()[(int) (at >> 3)] |= (byte) (0x80 >> (at & 7));
        }
        return out.array();
    }

    /** (books, frames), I64. @throws FormatException if the bytes are none that were packed */
    public static Tensor unpack(byte[] bytes) {
        var in = ByteBuffer.wrap(bytes);
        if (bytes.length < HEADER || in.getInt() != MAGIC) throw FormatException.at("codes", 0, "no packed codes");
        int version = in.getShort(), books = in.getShort() & 0xFFFF, codes = in.getInt(), frames = in.getInt();
        if (version != 1) throw FormatException.at("codes", 4, "version " + version + "; 1 is read");
        if (books < 1 || codes < 1 || frames < 0)
            throw FormatException.at("codes", 6, books + " books of " + codes + " codes and " + frames + " frames");
        int bits = bits(codes);
        if (bits > 0 && payloadBits(books, frames, codes) + 7 >> 3 != bytes.length - HEADER || bits == 0 && bytes.length != HEADER)
            throw FormatException.at("codes", HEADER, bytes.length - HEADER + " bytes for " + frames + " frames of " + books + " codes");
        if ((long) books * frames > 8L * bytes.length) throw FormatException.at("codes", 12, frames + " frames of no bits");
        var values = new long[Math.toIntExact((long) books * frames)];
        long at = 8L * HEADER;
        for (int t = 0; t < frames; t++) for (int b = 0; b < books; b++) {
            int id = 0;
            for (int bit = 0; bit < bits; bit++, at++) id = id << 1 | bytes[(int) (at >> 3)] >> 7 - (at & 7) & 1;
            if (id < 0 || id >= codes) throw FormatException.at("codes", at >> 3, "code " + id + " of " + codes);
            values[b * frames + t] = id;
        }
        return Tensor.of(values, books, frames);
    }
}
