package lyceum.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxFileTest {
    @TempDir Path folder;

    /** A field that holds bytes. */
    private static byte[] field(int number, byte[]... parts) {
        var out = new ByteArrayOutputStream();
        var body = new ByteArrayOutputStream();
        for (var part : parts) body.writeBytes(part);
        varint(out, number << 3 | 2);
        varint(out, body.size());
        out.writeBytes(body.toByteArray());
        return out.toByteArray();
    }

    private static byte[] field(int number, String text) { return field(number, text.getBytes(StandardCharsets.UTF_8)); }

    private static byte[] field(int number, long value) {
        var out = new ByteArrayOutputStream();
        varint(out, number << 3);
        varint(out, value);
        return out.toByteArray();
    }

    private static void varint(ByteArrayOutputStream out, long value) {
        for (; (value & ~0x7FL) != 0; value >>>= 7) out.write((int) (value & 0x7F | 0x80));
        out.write((int) value);
    }

    private static byte[] model(byte[]... graphFields) { return join(field(1, 8), field(7, graphFields), field(8, field(2, 17))); }

    private static byte[] join(byte[]... parts) {
        var out = new ByteArrayOutputStream();
        for (var part : parts) out.writeBytes(part);
        return out.toByteArray();
    }

    private static byte[] floats(float... values) {
        var out = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) out.putFloat(value);
        return out.array();
    }

    private static byte[] sample() {
        return model(field(2, "sample"), field(10, "a documentation that is left out"),
                field(1, field(1, "x"), field(1, "w"), field(2, "y"), field(4, "MatMul"), field(3, "first")),
                field(5, field(1, 2), field(1, 3), field(2, 1), field(8, "w"), field(9, floats(1, 2, 3, 4, 5, 6))),
                field(11, field(1, "x"), field(2, field(1, field(1, 1), field(2, field(1, field(2, "batch")), field(1, field(1, 2)))))),
                field(12, field(1, "y")));
    }

    /** Files put their names where they please: a copy of each weight that lies odd would cost a model's first answer half its time. */
    @Test void tensorsAreOnTheFileWhereverTheyLie() throws IOException {
        for (int shift = 0; shift < 8; shift++) {
            var file = model(field(2, "s".repeat(1 + shift)), field(10, "d".repeat(70_000)),
                    field(5, field(1, 2), field(1, 3), field(2, 1), field(8, "w"), field(9, floats(1, 2, 3, 4, 5, 6))));
            var w = OnnxFile.read(Files.write(folder.resolve(shift + ".onnx"), file)).graph().initializers().get("w").tensor();
            assertThat(w.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
            int at = 0;
            while (!Arrays.equals(file, at, at + 24, floats(1, 2, 3, 4, 5, 6), 0, 24)) at++;
            assertThat(w.view().storage().address() % 8).as("shift %d", shift).isEqualTo(at % 8);
        }
    }

    @Test void aTextMayHoldTheSignThatStandsForBrokenOnes() {
        var sign = "\uFFFD".getBytes(StandardCharsets.UTF_8);
        assertThat(OnnxFile.read(model(field(2, sign), field(12, field(1, "y")))).graph().name()).isEqualTo("\uFFFD");
        assertThatThrownBy(() -> OnnxFile.read(model(field(2, new byte[] {'a', (byte) 0xC3, 'b'})))).isInstanceOf(FormatException.class)
                .hasMessageContaining("broken UTF-8");
    }

    @Test void graphPortsAndTensorsReadAsWritten() throws IOException {
        var path = Files.write(folder.resolve("sample.onnx"), sample());
        for (var file : new OnnxFile[] {OnnxFile.read(sample()), OnnxFile.read(path)}) {
            assertThat(file.opsets()).containsEntry("", 17L);
            assertThat(file.graph().nodes().getFirst().label()).isEqualTo("MatMul \"first\"");
            var w = file.graph().initializers().get("w").tensor();
            assertThat(w.shape().toArray()).containsExactly(2, 3);
            assertThat(w.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(file.graph().inputs().getFirst().type()).hasToString("OfTensor[element=FLOAT, shape=[batch, 2]]");
            assertThat(file.graph().outputs().getFirst().type()).isNull();
        }
    }

    @Test void typesThatNoTensorHasAreCarriedByOneThatHoldsThem() {
        var fp8 = OnnxFile.readTensor(join(field(1, 3), field(2, 17), field(9, new byte[] {0x2A, (byte) 0xFE, 0x7F}))).tensor();
        assertThat(fp8.toDoubleArray()).containsExactly(0.3125, -448, Double.NaN);
        var fnuz = OnnxFile.readTensor(join(field(1, 3), field(2, 18), field(9, new byte[] {0x40, 0x7F, (byte) 0x80}))).tensor();
        assertThat(fnuz.toDoubleArray()).containsExactly(1, 240, Double.NaN);
        var int4 = OnnxFile.readTensor(join(field(1, 3), field(2, 22), field(9, new byte[] {(byte) 0x87, 0x0F}))).tensor();
        assertThat(int4.dtype()).isEqualTo(DType.I8);
        assertThat(int4.toIntArray()).containsExactly(7, -8, -1);
        var u16 = OnnxFile.readTensor(join(field(1, 1), field(2, 4), field(9, new byte[] {-1, -1}))).tensor();
        assertThat(u16.toIntArray()).containsExactly(65535);
        var half = OnnxFile.readTensor(join(field(1, 1), field(2, 10), field(5, 0x3C00))).tensor();
        assertThat(half.item()).isEqualTo(1);
    }

    @Test void everySmallFloatRoundsToItselfAndToTheNearer() {
        for (var type : new OnnxType[] {OnnxType.FLOAT8E4M3FN, OnnxType.FLOAT8E4M3FNUZ, OnnxType.FLOAT8E5M2, OnnxType.FLOAT8E5M2FNUZ})
            for (int code = 0; code < 256; code++) {
                double value = type.decode(code);
                if (Double.isFinite(value)) assertThat(type.round(value, false)).as(type + " " + code).isEqualTo(value + 0.0);
            }
        assertThat(OnnxType.FLOAT8E4M3FNUZ.round(250, true)).isEqualTo(240);
        assertThat(OnnxType.FLOAT8E4M3FNUZ.round(250, false)).isNaN();
        assertThat(OnnxType.FLOAT8E4M3FNUZ.round(247, false)).isEqualTo(240);
        assertThat(OnnxType.FLOAT8E5M2.round(1e9, false)).isInfinite();
    }

    @Test void lengthsNamesAndDepthAreRefusedWithTheByte() {
        var good = sample();
        for (int cut = 1; cut < good.length; cut++) {
            var part = Arrays.copyOf(good, cut);
            try {
                OnnxFile.read(part);
            } catch (FormatException e) {
                assertThat(e).hasMessageContaining("byte");
            }
        }
        refuses(model(field(5, field(1, 1L << 40), field(2, 1), field(8, "huge"))), "has 0 numbers");
        refuses(model(field(5, field(1, -1), field(2, 1), field(8, "w"))), "size of -1");
        refuses(model(field(5, field(1, 1L << 62), field(1, 1L << 62), field(2, 1))), "larger than memory");
        refuses(model(field(5, field(2, 99))), "element type 99");
        refuses(model(field(5, field(1, 0), field(2, 1), field(8, "w")), field(5, field(1, 0), field(2, 1), field(8, "w"))), "two tensors");
        byte[] nested = {};
        for (int i = 0; i < 60; i++) nested = field(1, field(5, field(6, nested)));
        refuses(model(nested), "more than 100 deep");
        refuses(new byte[0], "no graph");
    }

    private static void refuses(byte[] file, String problem) {
        assertThatThrownBy(() -> OnnxFile.read(file)).isInstanceOf(FormatException.class).hasMessageContaining(problem)
                .hasMessageContaining("byte");
    }

    private static byte[] outside(String location) {
        return model(field(5, field(1, 2), field(2, 1), field(8, "w"), field(14, 1), field(13, field(1, "location"), field(2, location)),
                field(13, field(1, "offset"), field(2, "4"))));
    }

    @Test void externalDataIsReadFromTheModelsFolderAndFromNowhereElse() throws IOException {
        var inner = Files.createDirectory(folder.resolve("model"));
        Files.write(inner.resolve("weights.bin"), floats(7, 8, 9));
        Files.write(folder.resolve("secret.bin"), floats(1, 2, 3));
        Files.createSymbolicLink(inner.resolve("link.bin"), folder.resolve("secret.bin"));
        var path = inner.resolve("m.onnx");
        Files.write(path, outside("weights.bin"));
        assertThat(OnnxFile.read(path).graph().initializers().get("w").tensor().toFloatArray()).containsExactly(8, 9);
        refuses(outside("weights.bin"), "by its path");
        for (var bad : new String[] {"../secret.bin", "link.bin", folder.resolve("secret.bin").toString(), "none.bin", "."}) {
            Files.write(path, outside(bad));
            assertThatThrownBy(() -> OnnxFile.read(path)).isInstanceOf(FormatException.class).hasMessageContaining("model's folder");
        }
    }

    private static byte[] sparse(byte[] indices, long... dims) {
        var sizes = new byte[dims.length][];
        for (int i = 0; i < dims.length; i++) sizes[i] = field(3, dims[i]);
        return model(
                field(15, field(1, field(1, 3), field(2, 1), field(8, "s"), field(9, floats(5, 6, 7))), field(2, indices), join(sizes)));
    }

    private static byte[] places(int axes, long... numbers) {
        var out = ByteBuffer.allocate(8 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        for (long number : numbers) out.putLong(number);
        var shape = axes == 1 ? field(1, numbers.length) : join(field(1, numbers.length / axes), field(1, axes));
        return join(shape, field(2, 7), field(9, out.array()));
    }

    @Test void sparseTensorsAreMadeDense() {
        for (var file : new byte[][] {sparse(places(1, 0, 4, 5), 2, 3), sparse(places(2, 0, 0, 1, 1, 1, 2), 2, 3)}) {
            var s = OnnxFile.read(file).graph().initializers().get("s");
            assertThat(s.dims()).containsExactly(2, 3);
            assertThat(s.tensor().toFloatArray()).containsExactly(5, 0, 0, 0, 6, 7);
            assertThat(OnnxFile.read(OnnxFile.read(file).toBytes()).graph().initializers().get("s").tensor().toFloatArray())
                    .containsExactly(5, 0, 0, 0, 6, 7);
        }
        refuses(sparse(places(1, 0, 4, 6), 2, 3), "index 6");
        refuses(sparse(places(1, 0, 5, 4), 2, 3), "ascend");
        refuses(sparse(places(2, 0, 0, 1, 3, 1, 2), 2, 3), "index of 3 on axis 1");
        refuses(sparse(places(1, 0, 4), 2, 3), "indices [2]");
        refuses(sparse(places(1, 0, 4, 5), 1L << 40, 1L << 40), "more than");
        refuses(sparse(places(1, 0, 4, 5), 1L << 23), "more than 2097728 elements");
        refuses(sparse(places(1, 0, 4, 5), 2, -3), "below 1");
        refuses(model(field(15, field(3, 4))), "no values");
        var many = new byte[9][];
        for (int i = 0; i < many.length; i++)
            many[i] = field(15, field(1, field(1, 3), field(2, 1), field(8, "s" + i), field(9, floats(5, 6, 7))),
                    field(2, places(1, 0, 4, 5)), field(3, 1 << 18));
        refuses(model(join(many)), "sparse tensor \"s8\"");
    }

    private static void mutants(int n) {
        var report = Fuzz.of(sample(), sparse(places(1, 0, 4, 5), 2, 3), sparse(places(2, 0, 0, 1, 1, 1, 2), 2, 3))
                .allowing(FormatException.class).mutants(n, OnnxFile::read);
        assertThat(report.accepted()).isPositive();
        assertThat(report.refused()).isPositive();
    }

    @Test void mutantsAreReadOrRefused() { mutants(5_000); }

    @Tag("heavy")
    @Test void aHundredThousandMutantsAreReadOrRefused() { mutants(100_000); }
}
