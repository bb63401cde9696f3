package lyceum.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.FormatException;
import lyceum.backend.quant.BlockFormat;
import lyceum.memory.Memory;
import lyceum.random.Rng;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufTest {
    /** Little-endian pieces of a file. */
    private static final class Bytes extends ByteArrayOutputStream {
        Bytes ints(int... values) {
            for (int v : values) writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(v).array());
            return this;
        }

        Bytes longs(long... values) {
            for (long v : values) writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(v).array());
            return this;
        }

        Bytes text(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            longs(bytes.length).writeBytes(bytes);
            return this;
        }

        Bytes aligned() {
            while (size() % 32 != 0) write(0);
            return this;
        }
    }

    private static final float[] WEIGHTS = new float[64];

    /** An F32 (2, 3), a Q8_0 (2, 32) of one scale a row, and one of a type that nobody knows. */
    private static byte[] file() { return file(32); }

    /** @param second offset of the second tensor */
    private static byte[] file(long second) {
        var b = new Bytes().ints(0x46554747, 3).longs(3, 5);
        b.text("general.architecture").ints(8).text("llama");
        b.text("llama.block_count").ints(4, 22);
        b.text("llama.eps").ints(6, Float.floatToIntBits(1e-5f));
        b.text("tokenizer.ggml.tokens").ints(9, 8).longs(2).text("<s>").text("ä");
        b.text("tokenizer.ggml.token_type").ints(9, 5).longs(2).ints(3, -1);
        b.text("a").ints(2).longs(3, 2).ints(0).longs(0);
        b.text("q").ints(2).longs(32, 2).ints(8).longs(second);
        b.text("strange").ints(1).longs(7).ints(99).longs(128);
        b.aligned().ints(Arrays.stream(new int[] {1, 2, 3, 4, 5, 6}).map(i -> Float.floatToIntBits(i)).toArray()).aligned();
        for (int row = 0; row < 2; row++) {
            float scale = row == 0 ? 0.5f : 2;
            short half = Float.floatToFloat16(scale);
            b.write(half & 0xFF);
            b.write(half >> 8 & 0xFF);
            for (int i = 0; i < 32; i++) {
                b.write(i - 16);
                WEIGHTS[row * 32 + i] = scale * (i - 16);
            }
        }
        return b.aligned().toByteArray();
    }

    @Test void metadataAndTensorsAreRead() {
        var file = Gguf.read(MemorySegment.ofArray(file()));
        assertThat(file.metadata().get("general.architecture")).isEqualTo("llama");
        assertThat(file.metadata().get("llama.block_count")).isEqualTo(22L);
        assertThat(file.metadata().get("llama.eps")).isEqualTo(1e-5f);
        assertThat(file.metadata().get("tokenizer.ggml.tokens")).isEqualTo(List.of("<s>", "ä"));
        assertThat(file.metadata().get("tokenizer.ggml.token_type")).isEqualTo(List.of(3L, -1L));
        assertThat(file.tensor("q").shape().toArray()).containsExactly(2, 32);
        assertThat(file.tensor("q").toFloatArray()).containsExactly(WEIGHTS);
        assertThat(file.matrix("q").format()).isEqualTo(BlockFormat.Q8_0);
        var x = Tensor.randn(Rng.of(1), 3, 32);
        assertThat(file.matrix("q").matmul(x).sub(x.matmul(file.tensor("q").transpose())).abs().max().item()).isLessThan(1e-3);
        assertThatThrownBy(() -> file.tensor("strange")).isInstanceOf(FormatException.class).hasMessageContaining("type 99");
        assertThatThrownBy(() -> file.tensor("b")).hasMessageContaining("no tensor \"b\"");
    }

    @Test void floatsLieOnTheFileItself(@TempDir Path folder) throws IOException {
        var path = folder.resolve("model.gguf");
        Files.write(path, file());
        var a = Gguf.read(path).tensor("a");
        assertThat(a.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(a.view().storage().segment().isMapped()).isTrue();
    }

    @Test void malformedFilesAreRefusedAndNothingElseHappens() {
        byte[] whole = file();
        for (int n = 0; n < whole.length - 31; n++) {
            int length = n;
            assertThatThrownBy(() -> Gguf.read(MemorySegment.ofArray(Arrays.copyOf(whole, length)))).isInstanceOf(FormatException.class);
        }
    }

    @Test void tensorsThatLieInEachOtherAreRefused() {
        assertThatThrownBy(() -> Gguf.read(MemorySegment.ofArray(file(0)))).isInstanceOf(FormatException.class)
                .hasMessageContaining("tensors \"a\" and \"q\" overlap: the first has 24 bytes from 0, the second begins at 0");
        assertThat(Gguf.read(MemorySegment.ofArray(file(32))).tensor("a").toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
    }

    private static byte[] everything(Path folder) throws IOException {
        var settings = new LinkedHashMap<String, Object>();
        settings.put("u8", new Gguf.Unsigned(1, 200));
        settings.put("i8", (byte) -3);
        settings.put("u16", new Gguf.Unsigned(2, 65_535));
        settings.put("i16", (short) -300);
        settings.put("u32", new Gguf.Unsigned(4, 0xFFFF_FFFFL));
        settings.put("i32", -5);
        settings.put("f32", 0.5f);
        settings.put("bool", true);
        settings.put("string", "ü");
        settings.put("u64", new Gguf.Unsigned(8, -1));
        settings.put("i64", -(1L << 40));
        settings.put("f64", Math.PI);
        settings.put("list", List.of("a", "b"));
        settings.put("numbers", List.of(1, -2));
        settings.put("bytes", List.of(new Gguf.Unsigned(1, 7), new Gguf.Unsigned(1, 255)));
        settings.put("nested", List.of(List.of(1f), List.of(2f, 3f)));
        settings.put("none", List.of());
        var tensors = new LinkedHashMap<String, Object>();
        for (var format : BlockFormat.named()) tensors.put(format.name(), QuantisedMatrix.of(Tensor.randn(Rng.of(3), 1, 256), format));
        Gguf.write(folder.resolve("all.gguf"), settings, tensors);
        return Files.readAllBytes(folder.resolve("all.gguf"));
    }

    @Test void everyTypeOfSettingIsWrittenAndRead(@TempDir Path folder) throws IOException {
        var bytes = everything(folder);
        for (int version : new int[] {2, 3}) {
            bytes[4] = (byte) version; // in little endian they are the same
            var read = Gguf.read(MemorySegment.ofArray(bytes));
            assertThat(read.version()).isEqualTo(version);
            var m = read.metadata();
            assertThat(List.of("u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64").stream().map(m::get)).containsExactly(200L, -3L,
                    65_535L, -300L, 0xFFFF_FFFFL, -5L, -1L, -(1L << 40));
            assertThat(List.of("f32", "bool", "string", "f64", "list", "numbers", "bytes", "nested", "none").stream().map(m::get))
                    .containsExactly(0.5f, true, "ü", Math.PI, List.of("a", "b"), List.of(1L, -2L), List.of(7L, 255L),
                            List.of(List.of(1f), List.of(2f, 3f)), List.of());
        }
        assertThatThrownBy(() -> new Gguf.Unsigned(1, 256)).hasMessageContaining("256 does not fit 1 bytes");
        var mixed = new LinkedHashMap<String, Object>();
        mixed.put("x", List.of("a", 1.5));
        assertThatThrownBy(() -> Gguf.write(folder.resolve("no.gguf"), mixed, new LinkedHashMap<>())).hasMessageContaining("several types");
        assertThat(folder.resolve("no.gguf")).doesNotExist();
    }

    private static void mutants(int n, Path folder) throws IOException {
        var report = Fuzz.of(file(), everything(folder)).allowing(FormatException.class).counting(() -> Memory.stats().inUse()).mutants(n,
                bytes -> {
                    var read = Gguf.read(MemorySegment.ofArray(bytes));
                    for (var entry : read.entries().values())
                        if (!entry.type().startsWith("type") && entry.bytes() != null) read.tensor(entry.name()).shape();
                });
        assertThat(report.refused()).isGreaterThan(n / 5);
    }

    @Test void fiveThousandMutantsAreReadOrRefused(@TempDir Path folder) throws IOException { mutants(5_000, folder); }

    @Tag("heavy")
    @Test void aHundredThousandMutantsAreReadOrRefused(@TempDir Path folder) throws IOException { mutants(100_000, folder); }

    @Test void tensorsBeginWhereTheSettingsSay(@TempDir Path folder) throws IOException {
        for (long alignment : new long[] {8, 64}) {
            var settings = new LinkedHashMap<String, Object>();
            settings.put("general.alignment", alignment);
            var tensors = new LinkedHashMap<String, Tensor>();
            tensors.put("a", Tensor.of(1f, 2, 3));
            tensors.put("b", Tensor.of(4f, 5));
            var file = folder.resolve(alignment + ".gguf");
            Gguf.write(file, settings, tensors);
            assertThat(Gguf.read(file).tensor("a").toFloatArray()).containsExactly(1, 2, 3);
            assertThat(Gguf.read(file).tensor("b").toFloatArray()).containsExactly(4, 5);
        }
    }
}
