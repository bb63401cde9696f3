package lyceum.bench.peer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A function that libtorch has and DJL does not offer, as a TorchScript module: an archive of its text. */
final class Script {
    /** A pickle of an object of that class whose state is {@code {"training": False}}, and of the empty tuple. */
    private static final String OBJECT = "\u0080\u0002c__torch__\nOperation\nq\0)\u0081}(X\b\0\0\0trainingq\u0001\u0089ubq\u0002.",
            NO_CONSTANTS = "\u0080\u0002).";

    private final PtSymbolBlock block;

    private Script(PtSymbolBlock block) { this.block = block; }

    /** A function of tensors of these names. */
    static Script of(NDManager manager, String expression, String... names) {
        var code = "class Operation(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n  def forward(self: __torch__.Operation, "
                + String.join(": Tensor, ", names) + ": Tensor) -> Tensor:\n    return " + expression + "\n";
        try {
            return new Script(JniUtils.loadModule((PtNDManager) manager, new ByteArrayInputStream(archive(code)), false, false));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A module that PyTorch wrote. */
    static Script of(NDManager manager, Path file) {
        try (var in = Files.newInputStream(file)) {
            return new Script(JniUtils.loadModule((PtNDManager) manager, in, false, false));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The value, without a record. */
    NDArray infer(NDArray... inputs) { return IValueUtils.forward(block, new NDList(inputs), false).singletonOrThrow(); }

    /** The value, recorded where an input is: DJL records nothing unless it trains. */
    NDArray call(NDArray... inputs) { return IValueUtils.forward(block, new NDList(inputs), true).singletonOrThrow(); }

    private static byte[] archive(String code) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            entry(zip, "data.pkl", OBJECT.getBytes(StandardCharsets.ISO_8859_1));
            entry(zip, "code/__torch__.py", code.getBytes(StandardCharsets.US_ASCII));
            entry(zip, "constants.pkl", NO_CONSTANTS.getBytes(StandardCharsets.ISO_8859_1));
            entry(zip, "version", "3\n".getBytes(StandardCharsets.US_ASCII));
        }
        return bytes.toByteArray();
    }

    /** Uncompressed, as libtorch maps it. */
    private static void entry(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        var entry = new ZipEntry("operation/" + name);
        var sum = new CRC32();
        sum.update(bytes);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(bytes.length);
        entry.setCrc(sum.getValue());
        zip.putNextEntry(entry);
        zip.write(bytes);
        zip.closeEntry();
    }
}
