package lyceum.models.generative;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.scenes.Blobs;
import lyceum.linalg.Svd;
import lyceum.nn.Activation;
import lyceum.nn.MlpConfig;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LatentSpaceTest {
    private static final int SIDE = 14, MARGIN = 2;
    private static final Blobs BLOBS = new Blobs(SIDE, 1);
    /** Of two trained from different starts the one whose bound is best; made by whoever comes first. */
    private static LatentSpace blobs;

    private static synchronized LatentSpace blobs() {
        if (blobs != null) return blobs;
        Tensor x = pictures(BLOBS.draw(1500, MARGIN, Rng.of(1)));
        double best = Double.NEGATIVE_INFINITY;
        for (int start = 1; start <= 2; start++) {
            var rng = Rng.of(10 + start);
            var config = new VaeConfig(2).withObservation(new Observation.Gaussian(0.14)).withBeta(new BetaSchedule.Annealed(3, 1, 540));
            var vae = Vae.dense(MlpConfig.regressor(SIDE * SIDE, 1, 128, 64).withActivation(Activation.TANH), config, rng);
            vae.fit(new Trainer(new Adam(6e-3), 30).withBatchSize(50).withSchedule(new Schedule.Cosine(900)), x, null, rng,
                    Progress.SILENT);
            double bound = vae.evaluate(x, Rng.of(2)).elbo();
            if (bound > best) blobs = new LatentSpace(vae);
            best = Math.max(best, bound);
        }
        return blobs;
    }

    private static Tensor pictures(Tensor centres) { return BLOBS.pictures(centres).reshape(-1, SIDE * SIDE).compute(); }

    @Acceptance(topic = "latent-space", clause = 1)
    @Test void aLinearAutoencodersSpaceIsThatOfPca() {
        var rng = Rng.of(3);
        double[] deviations = {3, 2.4, 2, 1.2, 1, 0.8, 0.6, 0.5};
        var turn = Svd.of(Tensor.randn(rng, DType.F64, 8, 8)).u();
        var x = Tensor.randn(rng, DType.F64, 600, 8).mul(Tensor.of(deviations)).matmul(turn).compute();
        var model = Autoencoder.dense(MlpConfig.regressor(8, 3).withDtype(DType.F64), new AutoencoderConfig(), rng);
        model.fit(new Trainer(new Adam(0.05), 160).withBatchSize(100).withSchedule(new Schedule.Cosine(960)), x, null, rng,
                Progress.SILENT);
        var space = new LatentSpace(model);
        var columns = space.decode(Tensor.eye(DType.F64, 3)).sub(space.decode(Tensor.zeros(DType.F64, 1, 3))).transpose();
        var basis = Svd.of(x.sub(x.mean(0))).v().narrow(1, 0, 3);
        Evidence.of("largest principal angle in rad", AutoencoderTest.largestAngle(columns, basis), below(0.01));
    }

    /** Linear regression on the codes of one half of new pictures, its share of variance on the other. */
    @Acceptance(topic = "latent-space", clause = 2)
    @Test void codesOfBlobsTellTheirPlaces() {
        var centres = BLOBS.draw(800, MARGIN, Rng.of(4));
        Tensor z = blobs().encode(pictures(centres)).to(DType.F64), one = Tensor.ones(DType.F64, 800, 1), in = Tensor.concat(1, z, one);
        Tensor weight = Svd.of(in.narrow(0, 0, 400)).pseudoInverse().matmul(centres.narrow(0, 0, 400)), y = centres.narrow(0, 400, 400);
        Tensor left = y.sub(in.narrow(0, 400, 400).matmul(weight)).square().sum(0), all = y.sub(y.mean(0)).square().sum(0);
        Evidence.of("R^2 of x", 1 - left.item(0) / all.item(0), atLeast(0.95));
        Evidence.of("R^2 of y", 1 - left.item(1) / all.item(1), atLeast(0.95));
    }

    @Acceptance(topic = "latent-space", clause = 3)
    @Test void halfWayThereIsOneBlobInTheMiddle() {
        var rng = Rng.of(5);
        double[] a = new double[400], b = new double[400];
        for (int i = 0; i < 200;) {
            double[] two = BLOBS.draw(2, MARGIN, rng).toDoubleArray();
            if (Math.hypot(two[0] - two[2], two[1] - two[3]) < 6) continue;
            System.arraycopy(two, 0, a, 2 * i, 2);
            System.arraycopy(two, 2, b, 2 * i++, 2);
        }
        Tensor from = pictures(Tensor.of(a, 200, 2)), to = pictures(Tensor.of(b, 200, 2));
        double[][] between = blobs().blend(from, to, 0.5).toRows(), mixed = from.lerp(to, 0.5).toRows();
        int hits = 0, doubles = 0;
        for (int i = 0; i < 200; i++) {
            double[] middle = centre(between[i]);
            double off = Math.hypot(middle[0] - (a[2 * i] + b[2 * i]) / 2, middle[1] - (a[2 * i + 1] + b[2 * i + 1]) / 2);
            if (peaks(between[i]) == 1 && off <= 1) hits++;
            if (peaks(mixed[i]) == 2) doubles++;
        }
        Evidence.of("share of 200 pairs with one blob within a pixel of the middle", hits / 200.0, atLeast(0.9));
        Evidence.of("pairs whose pixel average has two maxima", doubles, exactly(200));
    }

    /** Pixels of at least a quarter of the brightest that no neighbour outshines. */
    private static int peaks(double[] pixels) {
        double most = Arrays.stream(pixels).max().orElseThrow();
        int peaks = 0;
        for (int at = 0; at < pixels.length; at++) {
            boolean top = pixels[at] >= most / 4;
            for (int dy = -1; dy <= 1; dy++) for (int dx = -1; dx <= 1; dx++) {
                int y = at / SIDE + dy, x = at % SIDE + dx;
                if (y >= 0 && y < SIDE && x >= 0 && x < SIDE) top &= pixels[y * SIDE + x] <= pixels[at];
            }
            if (top) peaks++;
        }
        return peaks;
    }

    /** The mean place of what is brighter than a tenth of the brightest. */
    private static double[] centre(double[] pixels) {
        double most = Arrays.stream(pixels).max().orElseThrow(), mass = 0, x = 0, y = 0;
        for (int at = 0; at < pixels.length; at++) {
            if (pixels[at] < most / 10) continue;
            mass += pixels[at];
            x += pixels[at] * (at % SIDE);
            y += pixels[at] * (at / SIDE);
        }
        return new double[] {x / mass, y / mass};
    }

    /** The attribute is to be in the right half; the judge looks where the decoded spot is. */
    @Acceptance(topic = "latent-space", clause = 4)
    @Test void aDirectionTakesBlobsToTheOtherSide() {
        double half = (SIDE - 1) / 2.0;
        var known = BLOBS.draw(500, MARGIN, Rng.of(6));
        double[] places = known.toDoubleArray();
        var right = new boolean[500];
        for (int i = 0; i < 500; i++) right[i] = places[2 * i] > half;
        var attribute = LatentSpace.Attribute.of(blobs().encode(pictures(known)), right);
        var centres = BLOBS.draw(400, MARGIN, Rng.of(7));
        double[][] c = centres.toRows();
        Tensor z = blobs().encode(pictures(centres));
        double[][] more = blobs().decode(attribute.move(z, 1.5)).toRows(), less = blobs().decode(attribute.move(z, -1.5)).toRows(),
                mirrored = blobs().decode(attribute.flip(z)).toRows();
        int flipped = 0, sides = 0;
        double height = 0;
        for (int i = 0; i < 400; i++) {
            boolean was = c[i][0] > half;
            double[] now = centre(was ? less[i] : more[i]);
            if (now[0] > half != was) flipped++;
            if (centre(mirrored[i])[0] > half != was) sides++;
            height += Math.abs(now[1] - c[i][1]) / 400;
        }
        Evidence.of("share of 400 blobs that change sides", flipped / 400.0, atLeast(0.9));
        assertThat(sides / 400.0).isGreaterThan(0.85);
        assertThat(height).isLessThan(1.5); // what the direction is not about stays
        double[] scores = attribute.score(z).toDoubleArray();
        int told = 0;
        for (int i = 0; i < 400; i++) if (scores[i] > 0 == c[i][0] > half) told++;
        assertThat(told / 400.0).isGreaterThan(0.9);
    }

    /** On a model whose decoder doubles and whose encoder halves. */
    @Test void waysAreStraightOrRound() {
        var space = new LatentSpace(new LatentModel() {
            @Override public Tensor encode(Tensor x) { return x.div(2).compute(); }

            @Override public Tensor decode(Tensor z) { return z.mul(2).compute(); }
        });
        Tensor a = Tensor.of(2.0, 0, 0).reshape(1, 3), b = Tensor.of(0.0, 2, 0).reshape(1, 3);
        assertThat(space.interpolate(a, b, 3).toDoubleArray()).containsExactly(2, 0, 0, 1, 1, 0, 0, 2, 0);
        assertThat(space.blend(a, b, 0.25).toDoubleArray()).containsExactly(1.5, 0.5, 0);
        Tensor round = space.path(a, b, 5, LatentSpace.Way.SPHERICAL);
        for (double norm : round.square().sum(1).sqrt().toDoubleArray()) assertThat(norm).isCloseTo(2, Offset.offset(1e-12));
        assertThat(round.item(2, 0)).isCloseTo(Math.sqrt(2), Offset.offset(1e-12));
        assertThat(space.traverse(a, 1, -1, 3).toDoubleArray()).containsExactly(4, -2, 0, 4, 6, 0);
        assertThat(space.analogy(a, b, Tensor.of(0.0, 0, 1).reshape(1, 3)).toDoubleArray()).containsExactly(-2, 2, 1);
        var smooth = space.smoothness(a, b, 10, LatentSpace.Way.STRAIGHT);
        assertThat(smooth.detour()).isCloseTo(1, Offset.offset(1e-12));
        assertThat(smooth.jump()).isCloseTo(1, Offset.offset(1e-12));
        assertThat(smooth.length()).isCloseTo(2 * Math.sqrt(8), Offset.offset(1e-12));
        var arc = space.smoothness(a, b, 200, LatentSpace.Way.SPHERICAL);
        assertThat(arc.detour()).isCloseTo(Math.PI / 2 / Math.sqrt(2), Offset.offset(1e-4));
        var still = space.smoothness(a, a, 5, LatentSpace.Way.STRAIGHT);
        assertThat(new double[] {still.length(), still.detour(), still.jump()}).containsExactly(0, 1, 1);
        assertThat(space.path(a, b, 2, LatentSpace.Way.STRAIGHT).shape()).isEqualTo(Shape.of(2, 3));
    }

    @Test void neighboursAreTheNearest() {
        var rng = Rng.of(8);
        Tensor codes = Tensor.randn(rng, 50, 4), queries = Tensor.randn(rng, 7, 4);
        double[][] c = codes.toRows(), q = queries.toRows();
        long[][] told = new long[7][3];
        var found = LatentSpace.neighbours(codes, queries, 3);
        for (int i = 0; i < 7; i++) {
            var order = new Integer[50];
            Arrays.setAll(order, j -> j);
            double[] at = q[i];
            Arrays.sort(order, (j, k) -> Double.compare(distance(c[j], at), distance(c[k], at)));
            for (int n = 0; n < 3; n++) {
                told[i][n] = order[n];
                assertThat((long) found.item(i, n)).isEqualTo(told[i][n]);
            }
        }
    }

    private static double distance(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }

    @Test void whatDoesNotFitIsNamed() {
        var space = new LatentSpace(Autoencoder.dense(4, List.of(), 2, new AutoencoderConfig(), Rng.of(1)));
        var z = Tensor.zeros(1, 2);
        assertThatThrownBy(() -> space.path(z, z, 1, LatentSpace.Way.STRAIGHT)).hasMessageContaining("1 steps");
        assertThatThrownBy(() -> space.path(Tensor.zeros(2, 2), z, 3, LatentSpace.Way.STRAIGHT)).hasMessageContaining("(2, 2)");
        assertThatThrownBy(() -> space.traverse(z, 2, 0)).hasMessageContaining("number 2");
        assertThatThrownBy(() -> LatentSpace.Attribute.of(Tensor.zeros(2, 2), new boolean[2])).hasMessageContaining("some with and some");
        assertThatThrownBy(() -> LatentSpace.neighbours(Tensor.zeros(2, 2), z, 3)).hasMessageContaining("3 of 2");
        assertThatThrownBy(() -> space.between(z, Tensor.zeros(1, 3), 0.5, LatentSpace.Way.STRAIGHT)).hasMessageContaining("(1, 3)");
    }
}
