package lyceum.labs.core;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import lyceum.DType;
import lyceum.autograd.Intensity;
import lyceum.backend.Accelerator;
import lyceum.backend.Roofline;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** One token for each of many users through a block of a decoder, counted by shape: what waits for memory, and what fusing saves. */
@Lab(topics = "arithmetic-intensity", title = "What a token waits for")
final class IntensityLab implements LabBody {

    @Override public void run(LabContext lab) {
        int users = lab.param("users", 64, 1, 1024), width = 128 * lab.param("width in heads of 128", 32, 1, 128);
        int past = lab.param("tokens in the cache", 2048, 1, 131_072);
        var type = DType.valueOf(lab.choice("type", "BF16", "BF16", "F32"));
        var name = lab.choice("machine", "H100 SXM", Accelerator.named().stream().map(Accelerator::name).toArray(String[]::new));
        var machine = Accelerator.named().stream().filter(a -> a.name().equals(name)).findFirst().orElseThrow().roofline(type);

        var alone = Intensity.ofShapes(() -> block(users, width, past)).in(type);
        var fused = alone.fused();
        lab.table("Operators, each for itself, the lowest intensity first",
                List.of("operator", "result", "operations a byte", "MB", "waits for", "least us"), rows(alone, machine));
        lab.table("Fused", List.of("operator", "result", "operations a byte", "MB", "waits for", "least us"), rows(fused, machine));
        double before = alone.seconds(machine), after = fused.seconds(machine);
        lab.say("A block takes %s at least %.1f us for %d users with every operation for itself, %.1f us fused. One user would take %.1f us: %.0f%% of that.",
                name, 1e6 * before, users, 1e6 * after,
                1e6 * Intensity.ofShapes(() -> block(1, width, past)).in(type).fused().seconds(machine),
                100 * Intensity.ofShapes(() -> block(1, width, past)).in(type).fused().seconds(machine) / after);
        lab.shows("bytes fused over bytes apart", (double) fused.bytes() / alone.bytes(), below(1));

        double[] batch = new double[11], layer = new double[11], cache = new double[11];
        for (int i = 0; i < batch.length; i++) {
            int b = 1 << i;
            batch[i] = b;
            layer[i] = Intensity.ofShapes(() -> zeros(b, width).matmul(zeros(width, width))).in(type).intensity();
            cache[i] = Intensity.ofShapes(() -> attention(b, width, past)).in(type).intensity();
        }
        lab.figure(Figure.plot("Batching helps the weights and not the cache").line("linear layer", batch, layer)
                .line("attention over the cache", batch, cache).horizontalLine(machine.ridge(), "ridge of " + name).logX().logY()
                .axes("users", "operations a byte").describedAs(
                        "The layer's intensity grows with the batch until it meets the ridge; attention stays below two however many users there are."));
        double s = type.bytes(), exact = 2.0 * users * width / (s * (width + 2.0 * users));
        lab.shows("a layer's intensity over 2B/(s(1+2B/d))",
                Intensity.ofShapes(() -> zeros(users, width).matmul(zeros(width, width))).in(type).intensity() / exact, equalTo(1, 1e-12));
        lab.shows("attention over the cache, operations a byte", cache[10], below(2));
    }

    private static List<List<?>> rows(Intensity counted, Roofline machine) {
        var rows = new ArrayList<List<?>>();
        for (var row : counted.byOperator().stream().sorted(Comparator.comparingDouble(Intensity.Row::intensity)).toList())
            rows.add(List.of(row.calls() > 1 ? row.calls() + " x " + row.operation() : row.operation(), row.shape().toString(),
                    row.intensity(), row.bytes() / 1e6, row.bound(machine).toString().toLowerCase(Locale.ROOT),
                    1e6 * row.seconds(machine)));
        return rows;
    }

    private static Tensor zeros(long... shape) { return Tensor.zeros(DType.F32, shape); }

    private static Tensor attention(long users, long width, long past) {
        long heads = width / 128;
        return new Attention().of(zeros(users, heads, 1, 128), zeros(users, heads, past, 128), zeros(users, heads, past, 128));
    }

    private static void block(long users, long width, long past) {
        Tensor x = zeros(users, width), ones = zeros(width);
        var normal = x.rmsNorm(ones, 1e-5);
        for (int i = 0; i < 3; i++) normal.matmul(zeros(width, width)); // query, key and value
        var seen = attention(users, width, past).reshape(users, width).matmul(zeros(width, width)).add(x);
        var next = seen.rmsNorm(ones, 1e-5);
        next.matmul(zeros(width, 4 * width)).geluTanh().matmul(zeros(4 * width, width)).add(seen);
    }
}
