package lyceum.format;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.tensor.Tensor;

/**
 * The F32 weights of an ONNX file that PyTorch exported, under the names of the model's {@code state_dict}. Exporting renames the matrices of products to {@code
 * onnx::MatMul_787} and transposes them; the bias that is added to a product still tells whose matrix it was.
 */
public final class OnnxWeights {
    private OnnxWeights() {}

    /** By name. */
    public static Map<String, Tensor> of(OnnxFile file) {
        var weights = new LinkedHashMap<String, Tensor>();
        file.graph().initializers().forEach((name, constant) -> {
            if (constant.tensor() != null && constant.tensor().dtype() == DType.F32) weights.put(name, constant.tensor());
        });
        var matrices = new HashMap<String, String>(); // by the product that each is in
        for (var node : file.graph().nodes())
            if (node.operator().equals("MatMul") && node.inputs().size() == 2)
                matrices.put(node.outputs().getFirst(), node.inputs().get(1));
        for (var node : file.graph().nodes()) {
            if (!node.operator().equals("Add")) continue;
            for (var bias : node.inputs()) for (var product : node.inputs()) {
                var matrix = matrices.get(product);
                if (matrix == null || !weights.containsKey(matrix) || !weights.containsKey(bias) || !bias.endsWith(".bias")) continue;
                weights.put(bias.substring(0, bias.length() - ".bias".length()) + ".weight", weights.remove(matrix).transpose());
            }
        }
        return weights;
    }
}
