package lyceum.nn.onnx;

import java.io.IOException;
import java.nio.file.Path;
import lyceum.nn.Layer;
import lyceum.tensor.Tensor;

/** The short way out to ONNX; {@link OnnxModel#load} is the way in. */
public final class Onnx {
    private Onnx() {}

    /**
     * Writes a layer at inference as ONNX, operator set 18, with an open batch as first axis. The result is checked against the layer on the example.
     *
     * @see OnnxExport for names, a fixed batch and functions of several tensors
     */
    public static void export(Layer layer, Tensor example, Path path) throws IOException {
        new OnnxExport().of(layer, example).write(path);
    }
}
