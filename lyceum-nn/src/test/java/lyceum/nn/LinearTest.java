package lyceum.nn;

import static lyceum.testing.Bound.atMost;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.AffineMap;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class LinearTest {

    @Test
    @Acceptance(topic = "affine-transformation", clause = 6) void aDenseLayerIsAnAffineMap() {
        var rng = Rng.of(737);
        var gap = Gap.absolute();
        for (int draw = 0; draw < 50; draw++) {
            int inputs = 1 + rng.nextInt(40), outputs = 1 + rng.nextInt(40), batch = 1 + rng.nextInt(9);
            var layer = new Linear(inputs, outputs, rng);
            var x = Tensor.randn(rng, DType.F32, batch, inputs).compute();
            double[] y = layer.forward(x).detach().reshape(-1).toDoubleArray();
            var map = new AffineMap(layer.weight().detach(), layer.bias().detach());
            gap.see("batch", map.apply(x).reshape(-1).toDoubleArray(), y);
            // Point by point and in F64, which is another way through the kernels.
            var wide = new AffineMap(map.matrix().to(DType.F64), map.offset().to(DType.F64));
            for (int i = 0; i < batch; i++)
                gap.see("point", wide.apply(x.select(0, i).to(DType.F64)).toDoubleArray(),
                        Arrays.copyOfRange(y, i * outputs, (i + 1) * outputs));
        }
        Evidence.of("largest gap between layer and map", gap, atMost(1e-6));
    }
}
