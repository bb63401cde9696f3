package lyceum.models.points;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.nn.BatchNorm;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Layers {@code relu(norm(W x + b))}, the same for every point: (.., inputs) to (.., the last width). */
final class PointMlp extends Module {
    private final List<Linear> layers;
    private final List<BatchNorm> norms;

    PointMlp(int inputs, List<Integer> widths, boolean norm, DType dtype, Rng rng) {
        var linear = new ArrayList<Linear>();
        var normal = new ArrayList<BatchNorm>();
        for (int width : widths) {
            linear.add(new Linear(inputs, width, true, dtype, Init.heUniform(), rng));
            if (norm) normal.add(new BatchNorm(width, 1e-5, 0.1, dtype));
            inputs = width;
        }
        layers = List.copyOf(linear);
        norms = List.copyOf(normal);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        var sizes = x.shape().toArray();
        var flat = x.reshape(-1, x.size(-1));
        for (int i = 0; i < layers.size(); i++) {
            flat = layers.get(i).forward(flat, pass);
            if (!norms.isEmpty()) flat = norms.get(i).forward(flat, pass);
            flat = flat.relu();
        }
        sizes[sizes.length - 1] = flat.size(1);
        return flat.reshape(sizes);
    }
}
