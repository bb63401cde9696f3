package lyceum.models.task;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.DType;
import lyceum.data.labelled.CocoBoxes;
import lyceum.memory.Scope;
import lyceum.models.SavedModel;
import lyceum.models.ready.Letterbox;
import lyceum.models.vision.DetectionScore;
import lyceum.models.vision.detect.Detector;
import lyceum.models.vision.detect.Yolo;
import lyceum.models.vision.detect.YoloCoding;
import lyceum.models.vision.detect.YoloConfig;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.TrainingRun;
import lyceum.train.task.TrainingSettings;
import lyceum.train.task.TrainingTask;

/**
 * {@code task: detection}: boxes of objects in pictures, by a {@link Yolo}.
 *
 * <table>
 * <caption>Its names</caption>
 * <tr><td>{@code data.boxes}</td><td>a JSON file of the COCO kind</td></tr>
 * <tr><td>{@code data.images}</td><td>the folder of its pictures; {@code images} beside the file, or the file's own</td></tr>
 * <tr><td>{@code data.validation}</td><td>the share of pictures that is held out, 0.1</td></tr>
 * <tr><td>{@code data.side}</td><td>of the square that the network sees: a multiple of its stride; the first picture's longer side, at most 320</td></tr>
 * <tr><td>{@code data.faulty}</td><td>of boxes that are wrong: fatal, or mend and tell; fatal</td></tr>
 * <tr><td>{@code data.damaged}</td><td>fatal, or skip: all pictures are read once, and each damaged one is named; fatal</td></tr>
 * <tr><td>{@code data.flip}</td><td>whether half of the pictures are learned mirrored; true</td></tr>
 * <tr><td>{@code model}</td><td>width 16, depth 1, stages 3, levels 2, dual false of a {@link YoloConfig}</td></tr>
 * </table>
 */
public final class DetectionTask implements TrainingTask {
    private static final int JUDGED = 16, LARGEST = 320;

    @Override public String name() { return "detection"; }

    @Override public String description() { return "boxes of objects in pictures: a COCO JSON file"; }

    @Override public Prepared prepare(TrainingSettings settings, Path out, Rng rng, Progress progress) throws IOException {
        var data = settings.section("data");
        var faulty = data.oneOf("faulty", "fatal", "fatal", "mend").equals("mend") ? CocoBoxes.Faulty.MENDED : CocoBoxes.Faulty.FATAL;
        var boxes = data.has("images") ? CocoBoxes.read(data.path("boxes"), data.path("images"), faulty)
                : CocoBoxes.read(data.path("boxes"), faulty);
        var damaged = Damaged.of(data);
        int[] readable = damaged.readable(boxes.size(), "pictures", boxes::load);
        var files = new ArrayList<Path>();
        for (int row : readable) { // said now, not in the midst of an epoch
            var file = boxes.folder().resolve(boxes.pictures().get(row).file());
            if (!Files.isRegularFile(file)) throw data.wrong("images", "it has no picture " + file);
            files.add(file);
        }
        data.reads(files);
        boolean flips = data.flag("flip", true);
        var rows = Rows.of(data, readable, rng.split(1));
        var model = settings.section("model");
        YoloConfig config;
        try {
            config = new YoloConfig(boxes.classes().size(), YoloCoding.ANCHOR_FREE).withWidth(model.whole("width", 16, 1))
                    .withDepth(model.whole("depth", 1, 0)).withStages(model.whole("stages", 3, 1)).withLevels(model.whole("levels", 2, 1))
                    .withDual(model.flag("dual", false));
        } catch (IllegalArgumentException e) {
            throw model.wrong("levels", e.getMessage());
        }
        var first = boxes.pictures().get(readable[0]);
        int stride = 2 << config.stages(), longer = Math.max(first.width(), first.height());
        int side = data.whole("side", (Math.min(longer, LARGEST) + stride - 1) / stride * stride, 1);
        if (side % stride != 0)
            throw data.wrong("side", "it is a multiple of " + stride + ", the stride of " + config.stages() + " stages; it is " + side);
        var letterbox = new Letterbox(side);
        var yolo = new Yolo(config, rng.split(2));
        var saved = new SavedModel(yolo, config);
        boxes.classes().forEach(saved.notes().putArray("labels")::add);
        letterbox.note(saved);
        var shown = new Shown(boxes, letterbox);
        BatchLoss loss = (some, pass) -> {
            var stream = flips && pass.isTraining() && pass.rng() != null ? pass.rng().split(1) : null;
            var seen = Rows.read(rows.learned(some), Item[]::new,
                    row -> stream != null && stream.split(row).nextDouble() < 0.5 ? shown.at(row).mirrored(side) : shown.at(row));
            return yolo.loss(pictures(seen), truths(seen), pass);
        };
        int objects = 0;
        for (int i : readable) objects += boxes.objects(i).size();
        var told = new ArrayList<String>();
        told.add(String.format(Locale.ROOT, "%s, with %,d objects of %d classes, seen as %d x %d", rows.told("pictures"), objects,
                boxes.classes().size(), side, side));
        boxes.notes().stream().limit(20).forEach(note -> told.add("mended: " + note));
        if (boxes.notes().size() > 20) told.add("mended: " + (boxes.notes().size() - 20) + " more");
        told.addAll(damaged.named());
        return new Ready(saved, rows.learned().length, loss, i -> boxes.pictures().get(rows.learned()[i]).file(),
                rows.held().length == 0 ? null : () -> judged(yolo, shown, rows.held()), told, null);
    }

    private record Item(Tensor picture, double[][] boxes, int[] kinds) {
        Item mirrored(int side) {
            var other = new double[boxes.length][];
            for (int i = 0; i < other.length; i++)
                other[i] = new double[] {side - boxes[i][2], boxes[i][1], side - boxes[i][0], boxes[i][3]};
            return new Item(picture.flip(2), other, kinds);
        }

        Detector.Truth truth() { return new Detector.Truth(kinds.length == 0 ? Tensor.zeros(DType.F64, 0, 4) : Tensor.of(boxes), kinds); }
    }

    private record Shown(CocoBoxes boxes, Letterbox letterbox) {
        Item at(int row) {
            var raster = boxes.load(row);
            var objects = boxes.objects(row);
            var all = new double[objects.size()][];
            for (int i = 0; i < all.length; i++) {
                var b = objects.get(i);
                all[i] = letterbox.fitted(new double[] {b.left(), b.top(), b.right(), b.bottom()}, raster.height(), raster.width());
            }
            return new Item(letterbox.fitted(raster), all, objects.stream().mapToInt(CocoBoxes.Box::kind).toArray());
        }
    }

    private static Tensor pictures(Item... items) {
        var all = new Tensor[items.length];
        for (int i = 0; i < all.length; i++) all[i] = items[i].picture;
        return Tensor.stack(0, all);
    }

    private static List<Detector.Truth> truths(Item... items) {
        var all = new ArrayList<Detector.Truth>();
        for (var item : items) all.add(item.truth());
        return all;
    }

    private static TrainingRun.Evaluated judged(Detector detector, Shown shown, int... rows) {
        var score = new DetectionScore();
        for (int from = 0; from < rows.length; from += JUDGED) try (var scope = Scope.open("pictures to judge")) {
            var items = Rows.read(Arrays.copyOfRange(rows, from, Math.min(rows.length, from + JUDGED)), Item[]::new, shown::at);
            var found = detector.detect(pictures(items));
            for (int i = 0; i < items.length; i++) {
                var f = found.get(i);
                var truth = items[i].truth();
                score.add(f.boxes(), f.scores(), f.kinds(), truth.boxes(), truth.kinds());
            }
        }
        return Ready.evaluated(1 - score.mean(), "AP", score.mean(), "AP50", score.at(0.5));
    }
}
