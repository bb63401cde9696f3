package lyceum.labs.linalg;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.linalg.Similarity;
import lyceum.linalg.Slerp;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** From u to v along the chord and along the arc: the chord dips towards the centre, and hurries in the middle. */
@Lab(topics = "slerp", title = "Arc and chord")
final class SlerpLab implements LabBody {
    private static final int STEPS = 100;

    @Override public void run(LabContext lab) {
        double degrees = lab.param("degrees", 120, 1.0, 179.0), length = lab.param("length of v", 1, 0.2, 3.0);
        int stops = lab.param("stops", 5, 2, 12), d = lab.param("dimensions", 512, 2, 4096);
        double w = Math.toRadians(degrees);
        Tensor u = Tensor.of(1.0, 0), v = Tensor.of(length * Math.cos(w), length * Math.sin(w));
        var t = IntStream.rangeClosed(0, STEPS).mapToDouble(i -> i / (double) STEPS).toArray();
        double[][] arc = new double[2][STEPS + 1], raw = new double[2][STEPS + 1];
        double[] chordLength = new double[STEPS + 1], arcLength = new double[STEPS + 1], chordAngle = new double[STEPS + 1],
                arcAngle = new double[STEPS + 1];
        var sines = new Slerp().withLength(Slerp.Length.RAW);
        for (int i = 0; i <= STEPS; i++) {
            Tensor on = Slerp.of(u, v, t[i]), through = u.lerp(v, t[i]), other = sines.run(u, v, t[i]);
            for (int k = 0; k < 2; k++) {
                arc[k][i] = on.item(k);
                raw[k][i] = other.item(k);
            }
            arcLength[i] = on.norm().item();
            chordLength[i] = through.norm().item();
            arcAngle[i] = Math.toDegrees(Similarity.angle(u, on).item());
            chordAngle[i] = Math.toDegrees(Similarity.angle(u, through).item());
        }
        double[] circle = IntStream.rangeClosed(0, STEPS).mapToDouble(i -> Math.PI * i / STEPS).toArray();
        double[] stopTimes = IntStream.rangeClosed(0, stops).mapToDouble(i -> i / (double) stops).toArray();
        var picture = Figure.line("From u to v", of(circle, Math::cos), of(circle, Math::sin)).named("unit circle").dashed()
                .line("arc: slerp", arc[0], arc[1]).line("sine weights on raw vectors", raw[0], raw[1]).dashed()
                .line("chord", new double[] {1, v.item(0)}, new double[] {0, v.item(1)})
                .points("stops on the arc", of(stopTimes, s -> Slerp.of(u, v, s).item(0)), of(stopTimes, s -> Slerp.of(u, v, s).item(1)))
                .points("stops on the chord", of(stopTimes, s -> u.lerp(v, s).item(0)), of(stopTimes, s -> u.lerp(v, s).item(1)))
                .axes("first coordinate", "second coordinate").equalScales();
        var dip = Figure.plot("Length on the way").line("arc", t, arcLength).line("chord", t, chordLength).axes("t", "length");
        var speed = Figure.plot("Angle from u").line("arc", t, arcAngle).line("chord", t, chordAngle).axes("t", "degrees");
        lab.figure(Figure.grid("Along the arc and through it", 2, picture, dip, speed).describedAs(
                "The arc keeps its distance from the centre and its pace. The chord dips in the middle, and seen from the centre it turns fastest there."));
        lab.say("Half way the chord has length %.3f and the arc %.3f; at equal lengths the chord's is the cosine of half the angle, %.3f.",
                chordLength[STEPS / 2], arcLength[STEPS / 2], Math.cos(w / 2));
        double uneven = 0, lengths = 0;
        for (int i = 0; i <= STEPS; i++) {
            uneven = Math.max(uneven, Math.abs(arcAngle[i] - t[i] * degrees));
            lengths = Math.max(lengths, Math.abs(arcLength[i] - (1 - t[i] + t[i] * length)));
        }
        lab.shows("angle on the arc against t times the whole, degrees", uneven, below(1e-6));
        lab.shows("length on the arc against the straight line between lengths", lengths, below(1e-7));
        if (length == 1) lab.shows("length of the chord's middle", chordLength[STEPS / 2], equalTo(Math.cos(w / 2), 1e-12));
        latents(lab, d);
    }

    private static double[] of(double[] xs, DoubleUnaryOperator f) {
        return IntStream.range(0, xs.length).mapToDouble(i -> f.applyAsDouble(xs[i])).toArray();
    }

    /** Gaussian draws live on a shell of radius root d; their plain means do not. */
    private static void latents(LabContext lab, int d) {
        int pairs = 400;
        var rng = lab.rng(1);
        Tensor a = Tensor.randn(rng, DType.F64, pairs, d).compute(), b = Tensor.randn(rng, DType.F64, pairs, d).compute();
        double[] drawn = new double[pairs], mean = new double[pairs], round = new double[pairs];
        for (int i = 0; i < pairs; i++) {
            Tensor p = a.select(0, i), q = b.select(0, i);
            drawn[i] = p.norm().item();
            mean[i] = p.add(q).div(2).norm().item();
            round[i] = Slerp.of(p, q, 0.5).norm().item();
        }
        lab.figure(Figure.histogram("Lengths half way between Gaussian draws in " + d + " dimensions", drawn, 30).named("draws")
                .add("half way by slerp", round).add("half way by the mean", mean).axes("length", "pairs").describedAs(
                        "Draws and the points half way round lie in one heap near the root of the dimension; plain means lie in a heap of their own, shorter by the root of two."));
        lab.shows("mean length half way round over that of draws", Tensor.of(round).mean().item() / Tensor.of(drawn).mean().item(),
                equalTo(1, 0.05));
        Tensor q0 = Tensor.of(1.0, 0, 0, 0), q1 = Tensor.of(-0.8, 0.6, 0, 0);
        lab.say("As rotations, the quaternions (1, 0, 0, 0) and (-0.8, 0.6, 0, 0) are %.0f degrees apart the short way.",
                2 * Math.toDegrees(Similarity.angle(q0, q1.neg()).item()));
        lab.shows("the short way for a quaternion and its opposite",
                new Worst().see(Slerp.quaternion(q0, q1, 0.5), Slerp.quaternion(q0, q1.neg(), 0.5)).value(), below(1e-12));
    }
}
