package lyceum.text.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;
import lyceum.tensor.Tensor;

/**
 * The F32 weights of an ONNX file that PyTorch exported, under the names of the model's {@code state_dict}. Exporting renames the matrices of products to {@code
 * onnx::MatMul_787} and transposes them; the bias that is added to a product still tells whose matrix it was.
 */
public final class OnnxWeights {
    private static final int F32 = 1;

    private final Map<String, Tensor> found = new LinkedHashMap<>();
    /** Of each product its result and its right matrix; of each sum its operands. */
    private final Map<String, String> products = new HashMap<>();
    private final List<List<String>> sums = new ArrayList<>();

    private OnnxWeights() {}

    /** @throws FormatException if the bytes are no such file: says where */
    public static Map<String, Tensor> read(byte[] file) {
        var weights = new OnnxWeights();
        for (var model = new ProtoReader("ONNX", file); model.hasNext();) {
            int tag = model.tag();
            if (tag == (7 << 3 | 2)) weights.graph(model.message());
            else model.skip(tag);
        }
        weights.rename();
        return weights.found;
    }

    private void graph(ProtoReader graph) {
        while (graph.hasNext()) {
            int tag = graph.tag();
            if (tag == (1 << 3 | 2)) node(graph.message());
            else if (tag == (5 << 3 | 2)) initializer(graph.message());
            else graph.skip(tag);
        }
    }

    private void node(ProtoReader node) {
        var inputs = new ArrayList<String>();
        String output = "", type = "";
        while (node.hasNext()) {
            int tag = node.tag();
            if (tag == (1 << 3 | 2)) inputs.add(node.text());
            else if (tag == (2 << 3 | 2)) output = node.text();
            else if (tag == (4 << 3 | 2)) type = node.text();
            else node.skip(tag);
        }
        if (type.equals("MatMul") && inputs.size() == 2) products.put(output, inputs.get(1));
        else if (type.equals("Add")) sums.add(inputs);
    }

    private void initializer(ProtoReader tensor) {
        var shape = new ArrayList<Long>();
        var name = "";
        long type = 0;
        byte[] raw = null;
        while (tensor.hasNext()) {
            int tag = tensor.tag();
            if (tag == 1 << 3) shape.add(tensor.varint());
            else if (tag == (1 << 3 | 2)) for (var packed = tensor.message(); packed.hasNext();) shape.add(packed.varint());
            else if (tag == 2 << 3) type = tensor.varint();
            else if (tag == (8 << 3 | 2)) name = tensor.text();
            else if (tag == (9 << 3 | 2)) raw = tensor.bytes();
            else tensor.skip(tag);
        }
        if (type != F32 || raw == null) return;
        long count = 1;
        for (long size : shape) {
            if (size < 0 || size > raw.length) throw new FormatException("ONNX: tensor \"" + name + "\" has a size of " + size);
            count *= size;
        }
        if (count * Float.BYTES != raw.length)
            throw new FormatException("ONNX: tensor \"" + name + "\" of shape " + shape + " has " + raw.length + " bytes");
        var values = new float[raw.length / Float.BYTES];
        ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        found.put(name, Tensor.of(values, shape.stream().mapToLong(Long::longValue).toArray()));
    }

    private void rename() {
        for (var sum : sums) for (var bias : sum) for (var product : sum) {
            var matrix = products.get(product);
            if (matrix == null || !found.containsKey(matrix) || !found.containsKey(bias) || !bias.endsWith(".bias")) continue;
            found.put(bias.substring(0, bias.length() - ".bias".length()) + ".weight", found.remove(matrix).transpose());
        }
    }
}
