package lyceum.models.vision.detect;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.models.vision.BoxCoding;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Boxes that a loss is taken of: up to half of them objects, the rest not, picture by picture. */
final class Sample {
    private static final double BETA = 1.0 / 9;

    private record Drawn(int row, int kind) {}

    private final List<Drawn> drawn = new ArrayList<>();
    private final List<Tensor> codes = new ArrayList<>();

    /** Takes some of a picture's boxes, in the order of their numbers; these begin at an offset. */
    void draw(Match match, int offset, Detector.Truth truth, Tensor boxes, BoxCoding coding, int size, Rng rng) {
        int[] of = match.objects();
        int[] objects = some(IntStream.range(0, of.length).filter(i -> of[i] >= 0).toArray(), size / 2, rng),
                others = some(IntStream.range(0, of.length).filter(i -> of[i] == Match.NOTHING).toArray(), size - objects.length, rng);
        IntStream.concat(IntStream.of(objects), IntStream.of(others)).sorted()
                .forEach(i -> drawn.add(new Drawn(offset + i, of[i] < 0 ? -1 : truth.kinds()[of[i]])));
        if (objects.length == 0) return;
        int[] rows = IntStream.of(objects).sorted().toArray();
        codes.add(coding.encode(truth.boxes().to(boxes.dtype()).rows(IntStream.of(rows).map(i -> of[i]).toArray()), boxes.rows(rows)));
    }

    private static int[] some(int[] from, int most, Rng rng) {
        if (from.length <= most) return from;
        return IntStream.of(rng.sample(from.length, most)).map(i -> from[i]).toArray();
    }

    /** Numbers of the boxes, ascending. */
    int[] rows() { return drawn.stream().mapToInt(Drawn::row).toArray(); }

    /** 1 for objects, 0 for others. */
    double[] objects() { return drawn.stream().mapToDouble(d -> d.kind < 0 ? 0 : 1).toArray(); }

    /** Classes, that of others being the given. */
    int[] kinds(int nothing) { return drawn.stream().mapToInt(d -> d.kind < 0 ? nothing : d.kind).toArray(); }

    /** A loss, and that of the objects' boxes of all (.., 4) beside it. */
    Tensor boxLoss(Tensor all, Tensor loss) {
        return withBoxes(all, loss, drawn.stream().filter(d -> d.kind >= 0).mapToInt(Drawn::row).toArray());
    }

    /** The same where the codes are of the drawn boxes alone. */
    Tensor among(Tensor some, Tensor loss) {
        return withBoxes(some, loss, IntStream.range(0, drawn.size()).filter(i -> drawn.get(i).kind >= 0).toArray());
    }

    private Tensor withBoxes(Tensor all, Tensor loss, int[] rows) {
        if (rows.length == 0) return loss;
        var wanted = Tensor.concat(0, codes.toArray(Tensor[]::new)).to(all.dtype());
        return loss.add(Loss.smoothL1(BETA).of(all.rows(rows), wanted).mul(4));
    }
}
