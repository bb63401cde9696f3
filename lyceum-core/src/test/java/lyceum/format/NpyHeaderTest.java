package lyceum.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.memory.Memory;
import lyceum.tensor.Tensor;
import lyceum.testing.Fuzz;
import lyceum.testing.Golden;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Headers of npy files in every layout, beside what NumPy makes of them. */
class NpyHeaderTest {
    private static final Golden GOLDEN = Golden.load("golden/npy-headers.json");
    private static final Map<String, DType> TYPES = Map.of("bool", DType.BOOL, "uint8", DType.U8, "int8", DType.I8, "int32", DType.I32,
            "int64", DType.I64, "float16", DType.F16, "float32", DType.F32, "float64", DType.F64);

    @TempDir Path folder;

    private static byte[] bytes(Golden c) { return HexFormat.of().parseHex(c.text("file")); }

    /** What NumPy reads with a type that a tensor has is read with the same type, shape and values; what NumPy refuses is refused. */
    @TestFactory Stream<DynamicTest> headersReadAsNumPyReadsThem() {
        return GOLDEN.list("cases").stream()
                .map(c -> DynamicTest.dynamicTest(c.text("header") + " version " + (int) c.number("version"), () -> {
                    var type = TYPES.get(c.text("numpy"));
                    var path = folder.resolve("one.npy");
                    Files.write(path, bytes(c)); // a mapped file too: its data may begin anywhere
                    if (type == null) {
                        assertThatThrownBy(() -> Npy.read(path)).isInstanceOf(FormatException.class).hasMessageContaining("at byte");
                        return;
                    }
                    for (var tensor : new Tensor[] {Npy.read(path), Npy.read(MemorySegment.ofArray(bytes(c)))}) {
                        assertThat(tensor.dtype()).isEqualTo(type);
                        assertThat(tensor.shape().toArray())
                                .isEqualTo(Arrays.stream(c.doubles("shape")).mapToLong(d -> (long) d).toArray());
                        assertThat(tensor.toDoubleArray()).isEqualTo(c.doubles("values"));
                    }
                }));
    }

    /** Structured, complex, text, times, objects, 16-bit integers: what it is, and what to save instead. */
    @Test void typesThatNoTensorHasAreNamed() {
        int seen = 0;
        for (var c : GOLDEN.list("cases")) {
            if (TYPES.containsKey(c.text("numpy")) || c.text("numpy").equals("refused")) continue;
            seen++;
            var expected = switch (c.text("numpy")) {
                case "structured" -> c.text("header").contains("größe") ? "structured, of fields at (structured), größe <f8"
                        : "structured, of fields x <f4, y <i4; save each";
                case "int16", "uint16" -> "array.astype(\"int32\")";
                case "uint32", "uint64" -> "array.astype(\"int64\")";
                case "complex64" -> "array.real";
                case "float128" -> "array.astype(\"float64\")";
                case "datetime64[ns]" -> "save times as";
                default -> "a tensor holds numbers alone";
            };
            assertThatThrownBy(() -> Npy.read(MemorySegment.ofArray(bytes(c)))).as(c.text("header")).hasMessageContaining(expected);
        }
        assertThat(seen).isEqualTo(13);
        assertThatThrownBy(() -> Npy.read(file("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}")))
                .hasMessageContaining("objects are never");
    }

    private static MemorySegment file(String header) {
        var text = header.getBytes(StandardCharsets.ISO_8859_1);
        var file = new byte[10 + text.length];
        System.arraycopy(NpyHeader.MAGIC, 0, file, 0, 6);
        file[6] = 1;
        file[8] = (byte) text.length;
        file[9] = (byte) (text.length >> 8);
        System.arraycopy(text, 0, file, 10, text.length);
        return MemorySegment.ofArray(file);
    }

    @Test void nestingWithoutEndAndStringsThatStayOpenAreMalformed() {
        for (var header : new String[] {"(".repeat(50_000), "[".repeat(50_000), "{1:".repeat(10_000), "'abc", "'abc\\",
                "{'descr': '<f8\n'}", "{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", "99999999999999999999", "-",
                "{'a' 1}", "nan"})
            assertThatThrownBy(() -> Npy.read(file(header))).as(header).isInstanceOf(FormatException.class).hasMessageContaining("at byte")
                    .hasMessageContaining("dictionary");
    }

    @Test void anEntryThatCannotBeReadBlocksItselfAlone() throws IOException {
        var path = folder.resolve("mixed.npz");
        try (var zip = new ZipOutputStream(Files.newOutputStream(path))) {
            int number = 0;
            for (var c : GOLDEN.list("cases")) {
                if (!c.text("numpy").matches("int8|int16|structured|complex64")) continue;
                zip.putNextEntry(new ZipEntry(c.text("numpy") + number++ + ".npy"));
                zip.write(bytes(c));
            }
            zip.putNextEntry(new ZipEntry("notes.txt"));
            zip.write("not an array".getBytes(StandardCharsets.US_ASCII));
        }
        try (var npz = Npz.open(path)) {
            assertThat(npz.names()).hasSize(11);
            assertThat(npz.names().stream().filter(name -> reads(npz, name))).hasSize(5).allMatch(name -> name.startsWith("int8"));
            assertThatThrownBy(() -> npz.read("notes.txt")).hasMessageContaining("\"notes.txt\" is not a .npy file");
            assertThatThrownBy(() -> npz.read("int165")).isInstanceOf(FormatException.class)
                    .hasMessageMatching("npz: entry \"int165\": npy: element type '<i2'.*int32.*");
        }
        assertThatThrownBy(() -> Npz.read(path)).isInstanceOf(FormatException.class).hasMessageContaining("npz: entry \"");
    }

    private static boolean reads(Npz npz, String name) {
        try {
            return npz.read(name).dtype() == DType.I8;
        } catch (FormatException e) {
            return false;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test void fiveThousandMutantsOfOtherHeadersAreReadOrRefused() { mutants(5_000); }

    @Tag("heavy")
    @Test void aHundredThousandMutantsOfOtherHeadersAreReadOrRefused() { mutants(100_000); }

    private static void mutants(int n) {
        var seeds = GOLDEN.list("cases").stream().map(NpyHeaderTest::bytes).toArray(byte[][]::new);
        assertThat(seeds.length).isGreaterThan(60);
        var report = Fuzz.of(seeds).allowing(FormatException.class).counting(() -> Memory.stats().inUse()).mutants(n,
                bytes -> Npy.read(MemorySegment.ofArray(bytes)).toDoubleArray());
        assertThat(report.accepted()).isGreaterThan(100);
    }
}
