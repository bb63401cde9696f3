package lyceum.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.FormatException;
import lyceum.memory.Memory;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Fuzz;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageTypeTest {
    private static final Path SAVED = Path.of("src/test/resources/format/storage.pt");

    @TempDir Path folder;

    @Test void torchsFileHasTorchsNumbers() throws IOException {
        var expected = Golden.load("golden/storage-types.json").named("numbers").at("expected");
        var tensors = TorchFile.read(SAVED);
        assertThat(tensors).hasSize(7);
        tensors.forEach((name, tensor) -> {
            var want = expected.at(name);
            assertThat(tensor.shape().toArray()).isEqualTo(want.longs("shape"));
            var values = tensor.toDoubleArray();
            for (int i = 0; i < values.length; i++) {
                var text = want.texts("values").get(i);
                if (tensor.dtype().isFloat()) assertThat((Double) values[i]).as(name + " " + i).isEqualTo((Double) number(text));
                else assertThat(tensor.to(DType.I64).toLongArray()[i]).isEqualTo(Long.parseLong(text));
            }
        });
    }

    private static double number(String text) {
        return switch (text) {
            case "nan" -> Double.NaN;
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }

    @Test void floatsOfEightBitsRoundAsTorchs() {
        var golden = Golden.load("golden/storage-types.json").named("rounding");
        var x = Tensor.of(golden.texts("input.x").stream().mapToDouble(StorageTypeTest::number).toArray()).to(DType.F32);
        for (var type : new StorageType[] {StorageType.F8_E4M3, StorageType.F8_E5M2}) {
            var want = golden.longs("expected." + (type == StorageType.F8_E4M3 ? "e4m3" : "e5m2"));
            var bytes = type.store(x).bytes().toArray(ValueLayout.JAVA_BYTE);
            for (int i = 0; i < want.length; i++)
                if (!Double.isNaN(x.item(i))) assertThat(bytes[i] & 0xFF).as(type + " of " + x.item(i)).isEqualTo((int) want[i]);
            assertThat(type.store(x).tensor().item(11)).isNaN();
        }
    }

    @Test void everyTypeComesBackFromSafetensors() throws IOException {
        var all = new LinkedHashMap<String, Object>();
        all.put("plain", Tensor.arange(3).compute());
        for (var type : StorageType.values())
            all.put(type.name(), type.store(type.wide().isFloat() ? Tensor.of(0.5f, -448) : Tensor.of(7L, 300)));
        var path = folder.resolve("s.safetensors");
        Safetensors.write(path, all, Map.of());
        var back = Safetensors.read(path);
        assertThat(back.stored()).hasSize(6);
        for (var type : StorageType.values()) {
            assertThat(back.get(type.name()).dtype()).isEqualTo(type.wide());
            assertThat(back.get(type.name()).toDoubleArray()).containsExactly(type == StorageType.F8_E4M3 ? new double[] {0.5, -448}
                    : type == StorageType.F8_E5M2 ? new double[] {0.5, -448} : new double[] {7, 300});
        }
        assertThat(back.wide().keySet()).containsExactly("plain", "I16", "U16", "U32", "U64", "F8_E4M3", "F8_E5M2");
    }

    @Test void whatATypeDoesNotHoldIsNamed() {
        assertThatThrownBy(() -> StorageType.I16.store(Tensor.of(1, 40_000))).isInstanceOf(DTypeException.class)
                .hasMessage("I16: element 1 is 40000; it holds -32768 to 32767");
        assertThatThrownBy(() -> StorageType.U32.store(Tensor.of(-1))).hasMessageContaining("holds 0 to 4294967295");
        assertThatThrownBy(() -> StorageType.U16.store(Tensor.of(1.5))).isInstanceOf(DTypeException.class).hasMessageContaining("F64");
        var far = new StorageType.Stored(StorageType.U64, new long[] {1}, MemorySegment.ofArray(new byte[] {0, 0, 0, 0, 0, 0, 0, -1}));
        assertThatThrownBy(far::tensor).isInstanceOf(FormatException.class).hasMessageContaining("beyond I64");
        assertThatThrownBy(() -> new StorageType.Stored(StorageType.I16, new long[] {2}, MemorySegment.ofArray(new byte[3])))
                .isInstanceOf(FormatException.class).hasMessageContaining("needs 4 bytes");
    }

    @Test void whatIsWrittenForTorchIsReadBackOnTheFile() throws IOException {
        var tensors = new LinkedHashMap<String, Tensor>();
        for (var type : DType.values()) tensors.put("layers.0." + type, Tensor.randn(Rng.of(1), DType.F64, 3, 4).mul(3).to(type).compute());
        tensors.put("turned", Tensor.randn(Rng.of(2), 5, 3).transpose());
        tensors.put("scalar", Tensor.scalar(Math.PI));
        tensors.put("empty", Tensor.zeros(0, 4));
        var path = folder.resolve("model.pt");
        TorchFile.write(path, tensors);
        var back = TorchFile.read(path);
        assertThat(back.sequencedKeySet()).containsExactlyElementsOf(tensors.sequencedKeySet());
        tensors.forEach((name, tensor) -> {
            assertThat(back.get(name).dtype()).isEqualTo(tensor.dtype());
            assertThat(back.get(name).shape()).isEqualTo(tensor.shape());
            assertThat(back.get(name).toDoubleArray()).isEqualTo(tensor.toDoubleArray());
        });
        assertThat(back.get("layers.0.F64").view().storage().segment().isMapped()).isTrue();
    }

    private static void mutants(int n) throws IOException {
        var report = Fuzz.of(Files.readAllBytes(SAVED)).allowing(FormatException.class).counting(() -> Memory.stats().inUse()).mutants(n,
                bytes -> TorchFile.read(MemorySegment.ofArray(bytes)));
        assertThat(report.refused()).isGreaterThan(n / 10);
    }

    @Test void fiveThousandMutantsAreReadOrRefused() throws IOException { mutants(5_000); }

    @Tag("heavy")
    @Test void aHundredThousandMutantsAreReadOrRefused() throws IOException { mutants(100_000); }
}
