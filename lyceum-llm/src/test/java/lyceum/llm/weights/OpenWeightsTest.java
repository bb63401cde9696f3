package lyceum.llm.weights;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.FormatException;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Gguf;
import lyceum.format.Npz;
import lyceum.format.Safetensors;
import lyceum.format.TorchFile;
import lyceum.memory.Storage;
import lyceum.nn.BertConfig;
import lyceum.nn.BertEncoder;
import lyceum.random.Rng;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Fuzz;
import lyceum.testing.Golden;
import lyceum.text.TokenizerPipeline;
import lyceum.text.encoder.EncoderOptions;
import lyceum.text.encoder.SentenceEncoder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenWeightsTest {
    @TempDir Path folder;

    private static Path golden(String name) { return Path.of("src/test/resources/golden/weights", name); }

    /** Every bit pattern of small types, and of wide ones random bits: NaNs with payloads, infinities, subnormals. */
    private static SequencedMap<String, Tensor> everyType() {
        var map = new LinkedHashMap<String, Tensor>();
        for (var type : DType.values()) {
            int count = 1 << 16;
            var bytes = new byte[count * type.bytes()];
            var rng = Rng.of(type.ordinal());
            for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (type == DType.BOOL ? rng.nextInt(2) : rng.nextInt(256));
            if (type.bytes() == 2) for (int i = 0; i < count; i++) {
                bytes[2 * i] = (byte) i;
                bytes[2 * i + 1] = (byte) (i >> 8);
            }
            map.put("t." + type.name(), Tensor.on(Storage.wrap(MemorySegment.ofArray(bytes)), 0, type, 256, 256));
        }
        map.put("transposed", Tensor.randn(Rng.of(1), 30, 7).transpose());
        map.put("scalar", Tensor.scalar(-0.0));
        map.put("empty", Tensor.zeros(3, 0));
        return map;
    }

    private static byte[] bits(Tensor t) {
        var c = t.detach().contiguous();
        var v = c.view();
        var bytes = new byte[(int) (c.count() * c.dtype().bytes())];
        MemorySegment.copy(v.storage().segment(), ValueLayout.JAVA_BYTE, v.byteOffset(), bytes, 0, bytes.length);
        Reference.reachabilityFence(c);
        return bytes;
    }

    private static int equal(SequencedMap<String, Tensor> expected, OpenWeights read) {
        int same = 0;
        assertThat(read.entries().keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet());
        for (var name : expected.keySet()) {
            Tensor a = expected.get(name), b = read.tensor(name);
            if (a.dtype() == b.dtype() && a.shape().equals(b.shape()) && Arrays.equals(bits(a), bits(b))) same++;
        }
        return same;
    }

    @Test
    @Acceptance(topic = "open-weights", clause = 1) void whatIsWrittenIsReadBitForBit() throws IOException {
        var all = everyType();
        Path single = folder.resolve("x.safetensors"), gguf = folder.resolve("x.gguf"), sharded = folder.resolve("sharded");
        Safetensors.write(single, all, Map.of("a", "b"));
        OpenWeights.writeSharded(sharded, all, 300_000, Map.of());
        var settings = new LinkedHashMap<String, Object>();
        settings.put("general.architecture", "llama");
        settings.put("n", 7L);
        settings.put("negative", -7);
        settings.put("big", 1L << 60);
        settings.put("rate", 0.5f);
        settings.put("exact", Math.PI);
        settings.put("yes", true);
        settings.put("tokens", List.of("a", "\u00fc", ""));
        settings.put("types", List.of(1L, 2L, -3L));
        var known = new LinkedHashMap<>(all);
        known.remove("t.BOOL");
        known.remove("t.U8");
        var mixed = new LinkedHashMap<String, Object>(known);
        for (var format : BlockFormat.named())
            if (!format.isFloat()) mixed.put("q." + format.name(), QuantisedMatrix.of(Tensor.randn(Rng.of(3), 5, 512), format));
        Gguf.write(gguf, settings, mixed);
        Evidence.of("types that tensors have", DType.values().length, exactly(9));
        Evidence.of("tensors of a safetensors file, bit for bit", equal(all, OpenWeights.open(single)), exactly(12));
        Evidence.of("of a folder in shards", equal(all, OpenWeights.open(sharded)), exactly(12));
        assertThat(OpenWeights.open(sharded).files()).hasSizeGreaterThan(3);
        var read = OpenWeights.open(gguf);
        int same = 0;
        for (var name : known.keySet())
            if (known.get(name).dtype() == read.tensor(name).dtype() && Arrays.equals(bits(known.get(name)), bits(read.tensor(name))))
                same++;
        Evidence.of("of a GGUF file, all types that it has", same, exactly(10));
        int blocks = 0;
        for (var format : BlockFormat.named()) {
            if (format.isFloat()) continue;
            var written = (QuantisedMatrix) mixed.get("q." + format.name());
            if (written.segment().mismatch(read.matrix("q." + format.name()).segment()) < 0
                    && Arrays.equals(bits(written.dequantise()), bits(read.tensor("q." + format.name()))))
                blocks++;
        }
        Evidence.of("quantised blocks, byte for byte", blocks, exactly(11));
        assertThat(Gguf.read(gguf).metadata()).isEqualTo(withLongs(settings));
        assertThatThrownBy(() -> Gguf.write(gguf, settings, all)).isInstanceOf(DTypeException.class).hasMessageContaining("t.BOOL");
    }

    private static Map<String, Object> withLongs(Map<String, Object> settings) {
        var map = new LinkedHashMap<>(settings);
        map.replaceAll((k, v) -> v instanceof Integer i ? (Object) (long) i : v);
        return map;
    }

    @Test
    @Acceptance(topic = "open-weights", clause = 2) void tensorsAreThoseOfPyTorchAndNumPy() throws IOException {
        var expected = Golden.load("golden/weights.json").named("all").at("expected.tensors");
        int compared = 0, same = 0;
        for (var file : List.of("a.safetensors", "a.pt", "a.gguf")) {
            var weights = OpenWeights.open(golden(file));
            for (var name : weights.entries().keySet()) {
                var plain = name.startsWith("model.") ? name.substring(6) : name;
                if (plain.startsWith("q")) continue;
                var e = expected.at(plain);
                var tensor = weights.tensor(name);
                compared++;
                var values = e.texts("values");
                boolean equal = Arrays.equals(tensor.shape().toArray(), e.longs("shape")) && tensor.count() == values.size();
                double[] d = tensor.dtype().isFloat() ? tensor.toDoubleArray() : null;
                long[] l = tensor.dtype().isFloat() ? null : tensor.to(DType.I64).toLongArray();
                for (int i = 0; equal && i < values.size(); i++)
                    equal = d != null ? d[i] == Double.parseDouble(values.get(i)) : l[i] == Long.parseLong(values.get(i));
                if (equal && tensor.dtype().name().equals(type(e.text("dtype")))) same++;
            }
        }
        try (var npz = Npz.open(golden("a.npz"))) {
            var torch = OpenWeights.open(golden("a.pt"));
            for (var name : npz.names()) {
                compared++;
                if (Arrays.equals(bits(npz.read(name)), bits(torch.tensor("model." + name)))) same++;
            }
        }
        Evidence.of("tensors of safetensors, torch.save, GGUF and npz files", compared, exactly(13 + 15 + 10 + 12));
        Evidence.of("of them equal in type, shape and every number", same, exactly(50));
        var gguf = OpenWeights.open(golden("a.gguf"));
        double gap = 0;
        for (var name : List.of("q8", "q4")) {
            var values = Golden.load("golden/weights.json").named("all").doubles("expected.blocks." + name);
            gap = Math.max(gap, FashionTasks.gap(gguf.tensor(name), Tensor.of(values, 4, 64)));
        }
        Evidence.of("blocks dequantised, from ggml's formula", gap, atMost(1e-6));
        assertThat(gguf.metadata()).containsEntry("general.architecture", "llama").containsEntry("llama.block_count", "2");
        assertThat(Gguf.read(golden("a.gguf")).metadata().get("tokenizer.ggml.tokens")).isEqualTo(List.of("<s>", "a", "\u00fc"));
    }

    private static String type(String torch) {
        return switch (torch) {
            case "float32" -> "F32";
            case "float64" -> "F64";
            case "float16" -> "F16";
            case "bfloat16" -> "BF16";
            case "int64" -> "I64";
            case "int32" -> "I32";
            case "int8" -> "I8";
            case "uint8" -> "U8";
            default -> "BOOL";
        };
    }

    private static final long BIG = 256L << 20;

    /** Files of 256 MiB, nearly all of it a hole. */
    private List<Path> large() throws IOException {
        var tensor = golden("a.gguf");
        Path safetensors = folder.resolve("big.safetensors"), gguf = folder.resolve("big.gguf");
        var header = "{\"w\":{\"dtype\":\"F32\",\"shape\":[8192,8192],\"data_offsets\":[0," + BIG + "]}}";
        var head = ByteBuffer.allocate(8 + header.length()).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length());
        head.put(header.getBytes(StandardCharsets.US_ASCII));
        hole(safetensors, head.flip(), 8 + header.length() + BIG);
        var small = new LinkedHashMap<String, Tensor>();
        small.put("w", Tensor.zeros(1, 1));
        Gguf.write(gguf, new LinkedHashMap<String, Object>(), small);
        var bytes = Files.readAllBytes(gguf);
        var sizes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        sizes.putLong(24 + 9 + 4, 8192).putLong(24 + 9 + 12, 8192);
        hole(gguf, ByteBuffer.wrap(bytes), bytes.length - 32 + BIG);
        assertThat(tensor).exists();
        return List.of(safetensors, gguf);
    }

    private static void hole(Path path, ByteBuffer head, long size) throws IOException {
        try (var channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            channel.write(head, 0);
            channel.write(ByteBuffer.wrap(new byte[] {1}), size - 1);
        }
    }

    @Test
    @Acceptance(topic = "open-weights", clause = 3) void openingALargeFileTakesNoHeap() throws IOException {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (var path : large()) {
            OpenWeights.open(path); // classes are loaded
            long before = threads.getCurrentThreadAllocatedBytes();
            var weights = OpenWeights.open(path);
            var tensor = weights.tensor("w");
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertThat(tensor.shape().toArray()).containsExactly(8192, 8192);
            assertThat(tensor.item(8191, 8191)).isNotZero();
            assertThat(weights.bytes()).isEqualTo(BIG);
            Evidence.of("bytes allocated on the heap to open 256 MiB of " + weights.format() + ", share of its size",
                    (double) allocated / BIG, below(0.05));
        }
    }

    @Test
    @Acceptance(topic = "open-weights", clause = 4) void mutatedHeadersAreRefused() throws IOException {
        int refused = 0;
        long most = 0;
        for (var name : List.of("a.safetensors", "a.pt", "a.gguf")) {
            var report = Fuzz.of(golden(name)).allowing(FormatException.class).allocatingAtMost(64L << 20).mutants(1500, bytes -> {
                var segment = MemorySegment.ofArray(bytes);
                switch (name) {
                    case "a.safetensors" -> Safetensors.read(segment);
                    case "a.pt" -> TorchFile.read(segment);
                    default -> {
                        var file = Gguf.read(segment);
                        for (var entry : file.entries().values())
                            if (!entry.type().startsWith("type") && entry.bytes() != null) file.tensor(entry.name());
                    }
                }
            });
            refused += report.refused();
            most = Math.max(most, report.mostAllocated());
            assertThat(report.refused()).isGreaterThan(300);
        }
        Evidence.of("mutants refused by a checked error; none of 4,500 did anything else but be read", refused, atLeast(1000));
        Evidence.of("most that reading one allocated, MiB", most / 1048576.0, atMost(64));
    }

    @Tag("slow")
    @Test
    @Acceptance(topic = "open-weights", clause = 5) void miniLmFromItsOnnxFile() throws IOException {
        for (var name : List.of("/all-minilm-l6-v2.onnx", "/all-minilm-l6-v2-tokenizer.json"))
            try (var in = getClass().getResourceAsStream(name)) {
                Files.copy(in, folder.resolve(name.endsWith("onnx") ? "model.onnx" : "tokenizer.json"));
            }
        var weights = OpenWeights.open(folder);
        assertThat(weights.format()).isEqualTo(OpenWeights.Format.ONNX);
        assertThat(weights.tokenizer()).isEqualTo(folder.resolve("tokenizer.json"));
        var model = BertEncoder.of(BertConfig.miniLm(), weights.tensors());
        var encoder = new SentenceEncoder(model, TokenizerPipeline.read(Files.readAllBytes(weights.tokenizer())), new EncoderOptions());
        var golden = Golden.load("golden/weights-minilm.json").list("cases").getFirst();
        var vectors = golden.matrix("expected.vectors");
        var ours = encoder.encode(golden.texts("input.texts"));
        Evidence.of("texts", vectors.length, exactly(8));
        Evidence.of("embeddings from ONNX Runtime's", FashionTasks.gap(ours, Tensor.of(vectors)), atMost(1e-4));
    }

    @Test void whatIsBesideTheWeights() throws IOException {
        Files.copy(golden("a.safetensors"), folder.resolve("model.safetensors"));
        var bare = OpenWeights.open(folder).openness();
        assertThat(bare.licence()).isEqualTo("mit"); // from the file's metadata
        assertThat(bare.missing()).containsExactly("data information", "code");
        Files.writeString(folder.resolve("README.md"),
                "---\nlicense: llama3\ndatasets:\n- wikipedia\n- c4\nlanguage: en\n---\nCode: https://github.com/a/b.\n");
        Files.writeString(folder.resolve("config.json"), "{}");
        var card = OpenWeights.open(folder);
        assertThat(card.openness().licence()).isEqualTo("llama3");
        assertThat(card.openness().datasets()).containsExactly("wikipedia", "c4");
        assertThat(card.openness().missing()).containsExactly("a licence that the Open Source Initiative lists");
        assertThat(card.config()).isEqualTo(folder.resolve("config.json"));
        assertThat(card.checksums().values()).containsExactly(Ancestry.hash(golden("a.safetensors")));
    }

    @Test void hostilePicklesRunNothing() throws IOException {
        var pickle = "cos\nsystem\n(S'echo'\ntR.".getBytes(StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> TorchFile.read(MemorySegment.ofArray(zip("x/data.pkl", pickle)))).isInstanceOf(FormatException.class);
        var call = "\u0080\u0002cposix\nsystem\nX\u0004\0\0\0echo\u0085R.".getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> TorchFile.read(MemorySegment.ofArray(zip("x/data.pkl", call)))).isInstanceOf(FormatException.class)
                .hasMessageContaining("posix.system").hasMessageContaining("would run code");
        var path = folder.resolve("odd");
        Files.write(path, new byte[40]);
        assertThatThrownBy(() -> OpenWeights.open(path)).isInstanceOf(FormatException.class)
                .hasMessageContaining("begins like no file of weights");
        Files.createDirectory(folder.resolve("none"));
        assertThatThrownBy(() -> OpenWeights.open(folder.resolve("none"))).isInstanceOf(FormatException.class)
                .hasMessageContaining("no weights");
        Files.writeString(folder.resolve("none").resolve("m.safetensors.index.json"), "{\"weight_map\":{\"w\":\"../../x\"}}");
        assertThatThrownBy(() -> OpenWeights.open(folder.resolve("none"))).isInstanceOf(FormatException.class)
                .hasMessageContaining("beside the index");
    }

    private static byte[] zip(String name, byte[] data) {
        var out = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(out)) {
            var entry = new ZipEntry(name);
            entry.setMethod(ZipEntry.STORED);
            entry.setSize(data.length);
            entry.setCompressedSize(data.length);
            var crc = new CRC32();
            crc.update(data);
            entry.setCrc(crc.getValue());
            zip.putNextEntry(entry);
            zip.write(data);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    @Test void otherFilesOfATrainingAreLeftAside() throws IOException {
        Files.copy(golden("a.pt"), folder.resolve("pytorch_model.bin"));
        Files.writeString(folder.resolve("training_args.bin"), "no weights");
        assertThat(OpenWeights.open(folder).tensors().keySet()).isEqualTo(OpenWeights.open(golden("a.pt")).tensors().keySet()).isNotEmpty();
    }

    /** What a folder had in one file or in more parts is not read beside what is written, nor in its place. */
    @Test void shardsTakeThePlaceOfWhatAFolderHad() throws IOException {
        var tensors = new LinkedHashMap<String, Tensor>();
        for (int i = 0; i < 4; i++) tensors.put("w" + i, Tensor.full(DType.F32, i, 1000));
        Safetensors.write(folder.resolve("model.safetensors"), new LinkedHashMap<>(Map.of("old", Tensor.ones(3))), Map.of());
        OpenWeights.writeSharded(folder, tensors, 4000, Map.of());
        assertThat(folder.toFile().list()).hasSize(5).doesNotContain("model.safetensors");
        OpenWeights.writeSharded(folder, tensors, 8000, Map.of());
        assertThat(folder.toFile().list()).hasSize(3);
        assertThat(OpenWeights.open(folder).tensors().keySet()).containsExactlyInAnyOrder("w0", "w1", "w2", "w3");
    }
}
