package lyceum.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.memory.Memory;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Fuzz;
import lyceum.testing.Golden;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class FormatTest {
    @TempDir Path folder;

    private static Path sample(String name) {
        try {
            return Path.of(FormatTest.class.getResource("/format/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** Files that NumPy and others wrote, good and broken; the index says what each holds. */
    @TestFactory Stream<DynamicTest> samplesOfOtherProgramsReadAsTheyWereWritten() {
        return Golden.load("format/index.json").list("files").stream()
                .map(file -> DynamicTest.dynamicTest(file.text("file"), () -> check(file)));
    }

    private static void check(Golden file) throws IOException {
        var path = sample(file.text("file"));
        if (file.has("refused")) {
            assertThatThrownBy(() -> read(path)).isInstanceOf(FormatException.class).hasMessageContaining("byte");
        } else if (file.has("entries")) {
            assertThat(Npz.read(path).get("a").toDoubleArray()).isEqualTo(file.doubles("entries.a.values"));
            assertThat(Npz.read(path).get("b").toDoubleArray()).isEqualTo(file.doubles("entries.b.values"));
        } else if (file.text("file").endsWith(".npy")) {
            var tensor = Npy.read(path);
            assertThat(tensor.shape().toArray()).isEqualTo(Arrays.stream(file.doubles("shape")).mapToLong(d -> (long) d).toArray());
            if (tensor.dtype() != DType.BOOL) assertThat(tensor.toDoubleArray()).isEqualTo(file.doubles("values"));
        } else {
            assertThat(Safetensors.read(path).tensors()).hasSameSizeAs(file.at("tensors").names());
        }
    }

    private static Object read(Path path) throws IOException {
        return path.toString().endsWith(".npy") ? Npy.read(path) : Safetensors.read(path);
    }

    private static List<Tensor> everyType() {
        return Stream.of(DType.values()).map(type -> Tensor.randn(Rng.of(1), DType.F64, 3, 4).mul(3).to(type).compute()).toList();
    }

    @Test void safetensorsComeBackBitForBit() throws IOException {
        var tensors = new LinkedHashMap<String, Tensor>();
        for (var tensor : everyType()) tensors.put("layers.0." + tensor.dtype(), tensor);
        tensors.put("transposed", Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3).transpose());
        tensors.put("empty", Tensor.zeros(0, 4));
        tensors.put("scalar", Tensor.scalar(Math.PI));
        var path = folder.resolve("model.safetensors");
        Safetensors.write(path, tensors, Map.of("formatVersion", "1"));
        var back = Safetensors.read(path);
        assertThat(back.metadata()).containsEntry("formatVersion", "1");
        tensors.forEach((name, tensor) -> {
            assertThat(back.get(name).dtype()).isEqualTo(tensor.dtype());
            assertThat(back.get(name).shape()).isEqualTo(tensor.shape());
            assertThat(back.get(name).toDoubleArray()).isEqualTo(tensor.toDoubleArray());
        });
        assertThatThrownBy(() -> back.get("missing")).isInstanceOf(FormatException.class).hasMessageContaining("missing")
                .hasMessageContaining("scalar");
    }

    @Test void shardsAreReadThroughTheirIndex() throws IOException {
        var places = new LinkedHashMap<String, String>();
        for (int shard = 1; shard <= 2; shard++) {
            var file = "model-0000" + shard + "-of-00002.safetensors";
            Safetensors.write(folder.resolve(file), arrays("layer." + shard, Tensor.of(shard, 2.0 * shard)), Map.of("part" + shard, "yes"));
            places.put("layer." + shard, file);
        }
        var index = folder.resolve("model.safetensors.index.json");
        SafetensorsIndex.write(index, places, 32);
        assertThat(Files.readString(index)).contains("\"total_size\" : 32");
        var all = Safetensors.read(index);
        assertThat(all.tensors().keySet()).containsExactly("layer.1", "layer.2");
        assertThat(all.get("layer.2").toDoubleArray()).containsExactly(2, 4);
        assertThat(all.metadata()).containsKeys("part1", "part2");

        Safetensors.write(folder.resolve(places.get("layer.2")), arrays("layer.1", Tensor.of(1.0)), Map.of());
        assertThatThrownBy(() -> Safetensors.read(index)).isInstanceOf(FormatException.class)
                .hasMessageContaining("\"layer.1\" is in model-00001-of-00002.safetensors and in model-00002-of-00002.safetensors");
        Files.delete(folder.resolve(places.get("layer.2")));
        assertThatThrownBy(() -> Safetensors.read(index)).isInstanceOf(NoSuchFileException.class).hasMessageContaining("model-00002");
        for (var bad : List.of("{\"weight_map\":{\"a\":\"../x.safetensors\"}}", "{\"weight_map\":{\"a\":\"x.bin\"}}",
                "{\"weight_map\":{\"a\":7}}", "{\"weight_map\":{}}", "[]", "{"))
            assertThatThrownBy(() -> SafetensorsIndex.files("the index", bad)).as(bad).isInstanceOf(FormatException.class)
                    .hasMessageStartingWith("the index: ");
    }

    @Test void npyAndNpzComeBackBitForBit() throws IOException {
        var tensors = new LinkedHashMap<String, Tensor>();
        for (var tensor : everyType()) if (tensor.dtype() != DType.BF16) tensors.put(tensor.dtype().name(), tensor);
        Npz.write(folder.resolve("a.npz"), tensors);
        var back = Npz.read(folder.resolve("a.npz"));
        assertThat(back.sequencedKeySet()).containsExactlyElementsOf(tensors.sequencedKeySet());
        for (var name : tensors.keySet()) {
            assertThat(back.get(name).toDoubleArray()).isEqualTo(tensors.get(name).toDoubleArray());
            var path = folder.resolve(name + ".npy");
            Npy.write(path, tensors.get(name));
            assertThat(Npy.read(path).dtype()).isEqualTo(tensors.get(name).dtype());
        }
    }

    @Test void entriesThatShareTheirBytesAreRefused() throws IOException {
        var path = folder.resolve("bomb.npz");
        Npz.write(path, arrays("a000", Tensor.zeros(DType.U8, 1 << 20)));
        Files.write(path, withThousandNames(Files.readAllBytes(path)));
        assertThatThrownBy(() -> Npz.read(path)).isInstanceOf(FormatException.class).hasMessageContaining("overlap");
    }

    /** The central directory once more for each name; all entries begin at the same place. */
    private static byte[] withThousandNames(byte[] zip) {
        var in = ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN);
        int end = zip.length - 22, directory = in.getInt(end + 16), length = end - directory;
        var out = ByteBuffer.allocate(directory + 1000 * length + 22).order(ByteOrder.LITTLE_ENDIAN);
        out.put(zip, 0, directory);
        for (int i = 0; i < 1000; i++) {
            int at = out.position();
            out.put(zip, directory, length);
            out.put(at + 46, String.format("a%03d", i).getBytes(StandardCharsets.US_ASCII));
        }
        out.put(zip, end, 22);
        int tail = out.position() - 22;
        out.putShort(tail + 8, (short) 1000).putShort(tail + 10, (short) 1000).putInt(tail + 12, 1000 * length);
        return out.array();
    }

    @Test void anArchiveThatUnpacksOutOfProportionIsRefusedUnlessItIsOnesOwn() throws IOException {
        var path = folder.resolve("zeros.npz");
        Npz.write(path, arrays("zeros", Tensor.zeros(DType.U8, 80L << 20)));
        assertThatThrownBy(() -> Npz.read(path)).isInstanceOf(FormatException.class).hasMessageContaining("Npz.open(path, 83886");
        try (var npz = Npz.open(path, 81L << 20)) {
            assertThat(npz.read("zeros").count()).isEqualTo(80L << 20);
            assertThatThrownBy(() -> npz.read("zeros")).as("the sum counts").isInstanceOf(FormatException.class);
        }
    }

    @Test void anEntryIsReadWhenItIsAskedFor() throws IOException {
        var path = folder.resolve("two.npz");
        Npz.write(path, arrays("good", Tensor.of(1.0, 2)));
        try (var zip = FileSystems.newFileSystem(path)) {
            Files.writeString(zip.getPath("other.npy"), "no array");
        }
        try (var npz = Npz.open(path)) {
            assertThat(npz.names()).containsExactlyInAnyOrder("good", "other");
            assertThat(npz.read("good").toDoubleArray()).containsExactly(1, 2);
            assertThatThrownBy(() -> npz.read("other")).isInstanceOf(FormatException.class);
            assertThatThrownBy(() -> npz.read("none")).hasMessageContaining("no array \"none\"");
        }
        assertThatThrownBy(() -> Npz.read(path)).isInstanceOf(FormatException.class);
    }

    private static LinkedHashMap<String, Tensor> arrays(String name, Tensor tensor) { return new LinkedHashMap<>(Map.of(name, tensor)); }

    @Test void aMappedTensorMayBeUsedAfterItsFileIsGone() throws IOException {
        var path = folder.resolve("m.safetensors");
        var tensors = new LinkedHashMap<String, Tensor>();
        tensors.put("x", Tensor.arange(1000).compute());
        Safetensors.write(path, tensors, Map.of());
        var x = Safetensors.read(path).get("x");
        Files.delete(path);
        assertThat(x.sum().item()).isEqualTo(499_500);
    }

    private static final String[] NPY = {"f64.npy", "f64-fortran.npy", "f16.npy", "bool.npy", "version2.npy", "version3.npy", "empty.npy",
            "scalar.npy"};

    private static Fuzz fuzz(String... names) {
        return Fuzz.of(Stream.of(names).map(FormatTest::sample).toArray(Path[]::new)).allowing(FormatException.class)
                .counting(() -> Memory.stats().inUse());
    }

    private void mutants(int n) {
        fuzz(NPY).mutants(n, bytes -> Npy.read(MemorySegment.ofArray(bytes)).toDoubleArray());
        fuzz("all-types.safetensors", "unpadded.safetensors", "empty.safetensors").mutants(n,
                bytes -> Safetensors.read(MemorySegment.ofArray(bytes)).tensors().values().forEach(Tensor::toDoubleArray));
        var path = folder.resolve("mutant.npz");
        fuzz("stored.npz", "deflated.npz").mutants(n, bytes -> {
            Files.write(path, bytes);
            Npz.read(path).values().forEach(Tensor::toDoubleArray);
        });
    }

    @Test void fiveThousandMutantsOfEachFormatAreReadOrRefused() { mutants(5_000); }

    @Tag("heavy")
    @Test void aHundredThousandMutantsOfEachFormatAreReadOrRefused() { mutants(100_000); }

    /** Checkpoints of other programs hold such types beside those that one wants. */
    @Test void aTypeThatNoTensorHasBlocksItselfAlone() {
        var header = """
                {"scale":{"dtype":"F32","shape":[1],"data_offsets":[6,10]},"q":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]},\
                "half":{"dtype":"U16","shape":[2],"data_offsets":[2,6]},"none":{"dtype":"F4","shape":[0],"data_offsets":[0,0]}}""";
        var contents = Safetensors.read(safetensors(header, new byte[] {1, 2, 3, 0, 4, 0, 0, 0, (byte) 0x80, 0x3F}));
        assertThat(contents.get("scale").toDoubleArray()).containsExactly(1);
        assertThat(contents.tensors()).containsOnlyKeys("scale");
        assertThat(contents.foreign()).isEqualTo(Map.of("none", "F4"));
        assertThat(contents.stored().get("q").type()).isEqualTo(StorageType.F8_E4M3);
        assertThat(contents.get("q").toDoubleArray()).containsExactly(0x1p-9, 2 * 0x1p-9);
        assertThat(contents.get("half").toLongArray()).containsExactly(3, 4);
        assertThat(contents.wide()).containsOnlyKeys("scale", "q", "half");
        assertThatThrownBy(() -> contents.get("none")).isInstanceOf(FormatException.class)
                .hasMessageContaining("\"none\" has type F4; known are");
        for (var wrong : new String[] {header.replace("\"U16\",\"shape\":[2]", "\"U16\",\"shape\":[3]"), header.replace("F8_E4M3", "F9"),
                header.replace("\"F4\",\"shape\":[0]", "\"F4\",\"shape\":[1]")})
            assertThatThrownBy(() -> Safetensors.read(safetensors(wrong, new byte[10]))).as(wrong).isInstanceOf(FormatException.class);
    }

    private static MemorySegment safetensors(String header, byte[] data) {
        var text = header.getBytes(StandardCharsets.UTF_8);
        return MemorySegment.ofArray(ByteBuffer.allocate(8 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length)
                .put(text).put(data).array());
    }

    @Test void metadataThatIsNoStringIsMalformed() {
        for (var header : new String[] {"{\"__metadata__\":{\"a\":{}}}", "{\"__metadata__\":{\"a\":[1]}}", "{\"__metadata__\":{\"a\":1}}",
                "{\"__metadata__\":5}"}) {
            assertThatThrownBy(() -> Safetensors.read(safetensors(header, new byte[0]))).as(header).isInstanceOf(FormatException.class)
                    .hasMessageContaining("__metadata__");
        }
    }
}
