package lyceum.models.vision;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.scenes.ShapeScenes;
import lyceum.info.LinearAssignment;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

/** What all detectors stand on. */
class DetectionKitTest {
    private static final Golden GOLDEN = Golden.load("golden/vision_boxes.json");

    private static Tensor boxes(Golden golden, String path) {
        double[] values = golden.doubles(path);
        return Tensor.of(values, values.length / 4, 4);
    }

    private static Tensor random(Rng rng, int n) {
        var corner = Tensor.rand(rng, DType.F64, n, 2).mul(90);
        return Tensor.concat(1, corner, corner.add(Tensor.rand(rng, DType.F64, n, 2).mul(40)).add(0.5));
    }

    @Test void overlapsEqualTorchvision() {
        var golden = GOLDEN.named("overlaps");
        var gap = Gap.absolute();
        for (var kind : BoxOverlap.values())
            gap.see(golden, "expected." + kind, kind.pairs(boxes(golden, "input.a"), boxes(golden, "input.b")).toDoubleArray());
        assertThat(gap.worst()).as("%s", gap).isLessThan(1e-7);
        var apart = Tensor.of(new double[] {0, 0, 1, 1}, 1, 4);
        var pull = Autograd.grad(b -> BoxOverlap.GIOU.of(b, apart).sum()).apply(Tensor.of(new double[] {3, 0, 4, 1}, 1, 4));
        assertThat(pull.item(0, 0)).isNegative(); // an IoU would be flat here
        assertThatThrownBy(() -> BoxOverlap.IOU.of(apart, Tensor.zeros(DType.F64, 2, 4))).isInstanceOf(ShapeException.class);
    }

    @Acceptance(topic = "object-detection", clause = 1)
    @Test void assignmentIsTheCheapest() {
        double worst = 0;
        int matrices = 0;
        for (int i = 0; i < 300; i++) {
            int n = 1 + i % 7;
            double[][] cost = Tensor.randn(Rng.of(i), DType.F64, n, n).toRows();
            worst = Math.max(worst, Math.abs(LinearAssignment.of(cost).cost() - cheapest(cost, 0, 0)));
            matrices++;
        }
        Evidence.of("largest distance from all permutations' least cost, 300 matrices", worst, below(1e-12));
        assertThat(matrices).isEqualTo(300);
        var golden = GOLDEN.named("assignment");
        double ours = LinearAssignment.of(Tensor.of(golden.doubles("input.cost"), 50, 50).toRows()).cost();
        Evidence.of("distance from scipy's linear_sum_assignment of 50 x 50", Math.abs(ours - golden.number("expected.cost")), below(1e-9));
    }

    private static double cheapest(double[][] cost, int row, int used) {
        if (row == cost.length) return 0;
        double best = Double.POSITIVE_INFINITY;
        for (int j = 0; j < cost.length; j++)
            if ((used >> j & 1) == 0) best = Math.min(best, cost[row][j] + cheapest(cost, row + 1, used | 1 << j));
        return best;
    }

    @Acceptance(topic = "object-detection", clause = 2)
    @Test void alignedRegionsOfARampGiveTheMiddlesOfTheirBins() {
        int h = 20, w = 30;
        var ramp = new float[h * w];
        for (int y = 0; y < h; y++) for (int x = 0; x < w; x++) ramp[y * w + x] = (float) (0.3 * (x + 0.5) + 0.2 * (y + 0.5) + 1); // as a function of the place on the map
        var maps = Tensor.of(ramp, 1, 1, h, w);
        var gap = Gap.absolute();
        for (int samples : new int[] {0, 1, 2, 3}) {
            for (double scale : new double[] {1, 0.25}) {
                var align = new RoiAlign(3, 5, scale, samples, true);
                double[][] regions = {{2, 3, 17, 9}, {4.3, 5.1, 25.7, 15.2}, {1.5, 1.5, 3, 17.5}};
                for (double[] r : regions) {
                    var y = align.of(maps, Tensor.of(new double[] {r[0] / scale, r[1] / scale, r[2] / scale, r[3] / scale}, 1, 4),
                            new int[] {0});
                    for (int i = 0; i < 3; i++) for (int j = 0; j < 5; j++) {
                        double row = r[1] + (i + 0.5) * (r[3] - r[1]) / 3, column = r[0] + (j + 0.5) * (r[2] - r[0]) / 5;
                        gap.see("bin", y.item(0, 0, i, j), 0.3 * column + 0.2 * row + 1);
                    }
                }
            }
        }
        Evidence.of("largest distance of a bin from the ramp at its middle", gap, atMost(1e-5));
        var torch = Gap.absolute();
        for (var c : GOLDEN.cases("align")) {
            var align = new RoiAlign(3, 4, 0.25, c.integer("input.samples"), c.flag("input.aligned"));
            torch.see(c, "expected.y", align
                    .of(Tensor.of(c.doubles("input.maps"), 2, 2, 6, 8), boxes(c, "input.rois"), c.ints("input.pictures")).toDoubleArray());
        }
        assertThat(torch.worst()).as("%s", torch).isLessThan(1e-10);
        assertThat(torch.seen()).isEqualTo(4 * 4 * 2 * 12);
    }

    @Test void regionsAreTheSameWithoutARecord() {
        var maps = Tensor.randn(Rng.of(1), 2, 3, 11, 14).compute();
        var regions = random(Rng.of(2), 40).mul(30).sub(20).compute(); // some reach beyond the map
        int[] pictures = IntStream.range(0, 40).map(i -> i % 2).toArray();
        for (int samples : new int[] {0, 2}) for (boolean aligned : new boolean[] {true, false}) {
            var align = new RoiAlign(3, 5, 0.25, samples, aligned);
            var plain = Autograd.noGrad(() -> align.of(maps, regions, pictures));
            assertThat(plain.sub(align.of(maps, regions, pictures)).abs().max().item()).isLessThan(1e-5);
        }
        assertThat(Autograd.noGrad(() -> new RoiAlign(2, 1).of(maps, Tensor.of(new double[][] {{500, 500, 510, 510}}), new int[] {0})).abs()
                .max().item()).isZero();
    }

    @Acceptance(topic = "object-detection", clause = 3)
    @Test void codesBringBoxesBack() {
        var golden = GOLDEN.named("coding");
        var coder = new BoxCoding(10, 5, Math.log(62.5));
        Tensor a = boxes(golden, "input.boxes"), b = boxes(golden, "input.references");
        Evidence.of("largest distance of codes from torchvision's",
                Gap.absolute().see(golden, "expected.codes", coder.encode(a, b).toDoubleArray()), below(1e-10));
        Evidence.of("largest distance of the boxes of torchvision's codes",
                Gap.absolute().see(golden, "input.boxes", coder.decode(boxes(golden, "expected.codes"), b).toDoubleArray()), below(1e-10));
        double worst = 0;
        for (int seed = 1; seed <= 20; seed++) {
            for (var coding : List.of(new BoxCoding().withLimit(20), new BoxCoding(10, 5, 20))) {
                Tensor boxes = random(Rng.of(seed), 50), references = random(Rng.of(100 + seed), 50);
                worst = Math.max(worst, coding.decode(coding.encode(boxes, references), references).sub(boxes).abs().max().item());
            }
        }
        Evidence.of("largest distance of 2,000 boxes that were encoded and decoded", worst, atMost(1e-5));
        var huge = new BoxCoding().decode(Tensor.of(new double[] {0, 0, 100, 100}, 1, 4), Tensor.of(new double[] {0, 0, 1, 1}, 1, 4));
        assertThat(huge.abs().max().item()).isLessThan(32);
    }

    @Acceptance(topic = "object-detection", clause = 4)
    @Test void suppressionEqualsTheOracle() {
        int different = 0, kept = 0, dropped = 0;
        for (int seed = 1; seed <= 50; seed++) {
            var rng = Rng.of(seed);
            int n = 5 + 4 * seed;
            Tensor boxes = random(rng, n), scores = Tensor.randint(rng, 0, 40, n).to(DType.F64); // with ties
            var classes = new int[n];
            for (int i = 0; i < n; i++) classes[i] = rng.nextInt(3);
            double threshold = 0.02 + 0.008 * seed;
            int[] ours = new NonMaxSuppression(threshold).keep(boxes, scores, classes);
            if (!oracle(boxes, scores.toDoubleArray(), classes, threshold).equals(Arrays.stream(ours).boxed().toList())) different++;
            kept += ours.length;
            dropped += n - ours.length;
        }
        Evidence.of("of 50 sets of boxes, those kept otherwise than by the oracle", different, exactly(0));
        assertThat(kept).isGreaterThan(500);
        assertThat(dropped).isGreaterThan(200);
        var golden = GOLDEN.named("suppression");
        assertThat(new NonMaxSuppression(0.3).keep(boxes(golden, "input.boxes"), Tensor.of(golden.doubles("input.scores"))))
                .containsExactly(golden.ints("expected.keep"));
        assertThat(new NonMaxSuppression(0.3).keep(Tensor.zeros(0, 4), Tensor.zeros(0))).isEmpty();
    }

    @Test void manyBoxesAreComparedWithTheirNeighboursAlone() {
        for (double size : new double[] {0.02, 0.3, 2}) {
            int n = 300;
            var rng = Rng.of(7);
            var corner = Tensor.rand(rng, DType.F64, n, 2);
            var boxes = Tensor.concat(1, corner, corner.add(Tensor.rand(rng, DType.F64, n, 2).mul(size))).compute();
            var scores = Tensor.rand(rng, DType.F64, n).compute();
            for (double threshold : new double[] {0, 0.3})
                assertThat(Arrays.stream(new NonMaxSuppression(threshold).keep(boxes, scores)).boxed().toList()).as("size " + size)
                        .isEqualTo(oracle(boxes, scores.toDoubleArray(), new int[n], threshold));
        }
    }

    @Test void boxesThatEndBeforeTheyBeginMeetNone() {
        var all = new double[4 * 100];
        for (int i = 0; i < 100; i++) {
            all[4 * i] = 100 + i;
            all[4 * i + 3] = 10;
        }
        var scores = Tensor.rand(Rng.of(7), DType.F64, 100).compute();
        assertThat(new NonMaxSuppression(0.3).keep(Tensor.of(all, 100, 4), scores)).hasSize(100);
    }

    /**
     * The surest that is left is kept and strikes out its like, until none is left; overlaps by {@link BoxOverlap}, which equals
     * torchvision.
     */
    private static List<Integer> oracle(Tensor boxes, double[] scores, int[] classes, double threshold) {
        double[][] iou = BoxOverlap.IOU.pairs(boxes, boxes).toRows();
        var left = new boolean[scores.length];
        Arrays.fill(left, true);
        var kept = new ArrayList<Integer>();
        while (true) {
            int best = -1;
            for (int i = 0; i < scores.length; i++) if (left[i] && (best < 0 || scores[i] > scores[best])) best = i;
            if (best < 0) return kept;
            kept.add(best);
            for (int i = 0; i < scores.length; i++)
                if (i == best || classes[i] == classes[best] && iou[best][i] > threshold) left[i] = false;
        }
    }

    @Test void averagePrecisionEqualsAHandWorkedExample() {
        // Three objects of class 0 in two pictures, one of class 1 that nobody finds. From the surest: right, a second box on the same object, right, far off.
        for (var points : DetectionScore.Points.values()) {
            var score = new DetectionScore(points);
            score.add(Tensor.of(new double[][] {{0, 0, 10, 10}, {0, 0, 10, 9}, {50, 50, 60, 60}}), Tensor.of(0.9, 0.8, 0.1),
                    new int[] {0, 0, 0}, Tensor.of(new double[][] {{0, 0, 10, 10}, {20, 20, 30, 30}, {5, 40, 9, 44}}), new int[] {0, 0, 1});
            score.add(Tensor.of(new double[][] {{1, 0, 11, 10}}), Tensor.of(0.5), new int[] {0}, Tensor.of(new double[][] {{0, 0, 10, 10}}),
                    new int[] {0});
            // precisions 1, 1/2, 2/3, 1/2 at recalls 1/3, 1/3, 2/3, 2/3
            double expected = switch (points) {
                case COCO -> (34 * 1 + 33 * 2 / 3.0) / 101;
                case VOC_2007 -> (4 * 1 + 3 * 2 / 3.0) / 11;
                case AREA -> 1 / 3.0 + 2 / 9.0;
            };
            assertThat(score.ofClass(0, 0.5)).isCloseTo(expected, within(1e-12));
            assertThat(score.at(0.5)).isCloseTo(expected / 2, within(1e-12));
            assertThat(score.ofClass(0, 0.85)).isLessThan(expected); // the third box has an IoU of 9/11
        }
        assertThat(new DetectionScore().at(0.5)).isNaN();
        for (var points : DetectionScore.Points.values()) { // a right box behind 100 surer ones: COCO looks at these alone
            var score = new DetectionScore(points);
            var iou = new double[101][1];
            iou[100][0] = 1;
            score.add(iou, Tensor.arange(101).mul(-0.001).add(1), new int[101], new int[1]);
            assertThat(score.at(0.5)).isCloseTo(points == DetectionScore.Points.COCO ? 0 : 1 / 101.0, within(1e-12));
        }
    }

    @Test void scenesHaveTightBoxesAndMasksThatDoNotMeet() {
        var scenes = new ShapeScenes(48);
        int objects = 0;
        for (int seed = 1; seed <= 30; seed++) {
            var scene = scenes.draw(Rng.of(seed));
            var taken = new boolean[48 * 48];
            for (var object : scene.objects()) {
                double[] b = object.box();
                int inside = 0;
                boolean[] edges = new boolean[4];
                for (int at = 0; at < taken.length; at++) {
                    if (!object.mask()[at]) continue;
                    assertThat(taken[at]).isFalse();
                    taken[at] = true;
                    int x = at % 48, y = at / 48;
                    assertThat(x >= b[0] && x < b[2] && y >= b[1] && y < b[3]).isTrue();
                    edges[0] |= x == b[0];
                    edges[1] |= y == b[1];
                    edges[2] |= x == b[2] - 1;
                    edges[3] |= y == b[3] - 1;
                    inside++;
                }
                assertThat(edges).containsOnly(true);
                assertThat(inside).isGreaterThan(5);
                objects++;
            }
            assertThat(scene.boxes().size(0)).isEqualTo(scene.kinds().length);
        }
        assertThat(objects).isGreaterThan(40);
        var two = scenes.touchingDiscs(Rng.of(1)).objects();
        assertThat(two).hasSize(2);
        assertThat(two.get(0).box()[2]).isEqualTo(two.get(1).box()[0]);
        assertThatThrownBy(() -> new ShapeScenes(48).withSmallest(2)).isInstanceOf(IllegalArgumentException.class);
    }
}
