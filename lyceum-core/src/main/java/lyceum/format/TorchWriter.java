package lyceum.format;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.SequencedMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import lyceum.DType;
import lyceum.tensor.Tensor;

/** Writes what {@code torch.load} reads, with {@code weights_only} too: a dictionary of tensors, each on a storage of its own. The file appears whole or not at all. */
final class TorchWriter {
    private static final int ALIGNMENT = 64, PIECE = 1 << 20;
    private static final String FOLDER = "archive/";
    /** In no time zone: the same file from the same tensors. For times before 1980 the zip gets a field that the padding does not know of. */
    private static final LocalDateTime THEN = LocalDateTime.of(1980, 2, 1, 0, 0);

    private final Counting out;
    private final ZipOutputStream zip;

    /** Where the next entry begins. */
    private static final class Counting extends FilterOutputStream {
        private long at;

        Counting(OutputStream out) { super(out); }

        @Override public void write(int b) throws IOException {
            out.write(b);
            at++;
        }

        @Override public void write(byte[] bytes, int from, int length) throws IOException {
            out.write(bytes, from, length);
            at += length;
        }
    }

    private TorchWriter(OutputStream to) {
        out = new Counting(to);
        zip = new ZipOutputStream(out);
        zip.setMethod(ZipOutputStream.STORED);
    }

    static void write(Path path, SequencedMap<String, Tensor> tensors) throws IOException {
        var target = path.toAbsolutePath();
        var part = Files.createTempFile(target.getParent(), target.getFileName().toString(), ".part");
        try {
            try (var to = new BufferedOutputStream(Files.newOutputStream(part))) {
                var writer = new TorchWriter(to);
                writer.put("data.pkl", MemorySegment.ofArray(pickle(tensors)));
                writer.put("byteorder", MemorySegment.ofArray("little".getBytes(StandardCharsets.US_ASCII)));
                int key = 0;
                for (var tensor : tensors.values()) {
                    var source = tensor.detach().contiguous();
                    var v = source.view();
                    writer.put("data/" + key++, source.count() == 0 ? MemorySegment.ofArray(new byte[0])
                            : v.storage().segment().asSlice(v.byteOffset(), source.count() * source.dtype().bytes()));
                    Reference.reachabilityFence(source);
                }
                writer.put("version", MemorySegment.ofArray("3\n".getBytes(StandardCharsets.US_ASCII)));
                writer.zip.finish();
            }
            Durable.move(part, target);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** An entry as it is, its data at a multiple of {@link #ALIGNMENT}, so that it can be mapped. */
    private void put(String name, MemorySegment bytes) throws IOException {
        var entry = new ZipEntry(FOLDER + name);
        var crc = new CRC32();
        for (long at = 0; at < bytes.byteSize(); at += PIECE) crc.update(piece(bytes, at));
        entry.setTimeLocal(THEN);
        entry.setSize(bytes.byteSize());
        entry.setCompressedSize(bytes.byteSize());
        entry.setCrc(crc.getValue());
        zip.flush();
        int padding = (int) Math.floorMod(-(out.at + 30 + FOLDER.length() + name.length() + 4), (long) ALIGNMENT);
        entry.setExtra(
                ByteBuffer.allocate(4 + padding).order(ByteOrder.LITTLE_ENDIAN).putShort((short) 0x4246).putShort((short) padding).array());
        zip.putNextEntry(entry);
        for (long at = 0; at < bytes.byteSize(); at += PIECE) zip.write(piece(bytes, at));
        zip.closeEntry();
    }

    private static byte[] piece(MemorySegment bytes, long at) {
        return bytes.asSlice(at, Math.min(PIECE, bytes.byteSize() - at)).toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] pickle(SequencedMap<String, Tensor> tensors) {
        var to = new Pickle();
        to.code(0x80, 2).code('}', '(');
        int key = 0;
        for (var entry : tensors.entrySet()) {
            var tensor = entry.getValue();
            long[] shape = tensor.shape().toArray(), strides = new long[shape.length];
            long ordered = 1;
            for (int a = shape.length - 1; a >= 0; a--) {
                strides[a] = ordered;
                ordered *= Math.max(1, shape[a]);
            }
            to.text(entry.getKey()).global("torch._utils", "_rebuild_tensor_v2").code('(');
            to.code('(').text("storage").global("torch", storage(tensor.dtype())).text(Integer.toString(key++)).text("cpu")
                    .whole(tensor.count()).code('t', 'Q');
            to.whole(0).tuple(shape).tuple(strides).code(0x89).global("collections", "OrderedDict").code(')', 'R', 't', 'R');
        }
        return to.code('u', '.').toByteArray();
    }

    private static String storage(DType type) {
        return switch (type) {
            case F32 -> "FloatStorage";
            case F64 -> "DoubleStorage";
            case F16 -> "HalfStorage";
            case BF16 -> "BFloat16Storage";
            case I64 -> "LongStorage";
            case I32 -> "IntStorage";
            case I8 -> "CharStorage";
            case U8 -> "ByteStorage";
            case BOOL -> "BoolStorage";
        };
    }

    /** Instructions of protocol 2. */
    private static final class Pickle extends ByteArrayOutputStream {
        Pickle code(int... codes) {
            for (int code : codes) write(code);
            return this;
        }

        private Pickle little(long value, int bytes) {
            for (int i = 0; i < bytes; i++) write((int) (value >>> 8 * i));
            return this;
        }

        Pickle text(String text) {
            var bytes = text.getBytes(StandardCharsets.UTF_8);
            code('X').little(bytes.length, 4).writeBytes(bytes);
            return this;
        }

        Pickle global(String module, String name) {
            code('c').writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
            return this;
        }

        Pickle whole(long value) { return value == (int) value ? code('J').little(value, 4) : code(0x8A, 8).little(value, 8); }

        Pickle tuple(long... values) {
            code('(');
            for (long value : values) whole(value);
            return code('t');
        }
    }
}
