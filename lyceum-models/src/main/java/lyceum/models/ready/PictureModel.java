package lyceum.models.ready;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.Preprocessing;
import lyceum.models.SavedModel;
import lyceum.models.multimodal.ContrastiveVlm;
import lyceum.models.vision.UNet;
import lyceum.models.vision.VisionEncoder;
import lyceum.models.vision.detect.Detector;
import lyceum.models.vision.segment.InstanceSegmenter;
import lyceum.models.vision.segment.SemanticSegmenter;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * A model of pictures, of a folder: it takes pictures of any size and answers in their own pixels and in the names of its classes.
 *
 * {@snippet :
 * var model = PictureModel.load(Path.of("shapes.model"));
 * for (var seen : model.detect(ImageFolder.read(Path.of("a.png")), 0.25)) System.out.println(seen.label() + " at " + seen.left());
 * }
 *
 * <p>What the folder's notes say: {@code labels}; for detectors and segmenters {@code side}, {@code mean} and {@code deviation} of their {@link Letterbox}; for
 * classifiers the components of their {@link Preprocessing}, that of the encoder where there are none.
 *
 * @param saved the folder
 */
public record PictureModel(SavedModel saved) {
    public PictureModel { Objects.requireNonNull(saved, "saved"); }

    /** Reads a folder. @see SavedModel#load */
    public static PictureModel load(Path folder) throws IOException { return new PictureModel(SavedModel.load(folder)); }

    /** A class and its probability. */
    public record Guess(String label, double probability) {}

    /** An object: its class, how sure, and its box in the picture's pixels, right and bottom excluded. */
    public record Seen(String label, double score, double left, double top, double right, double bottom) {}

    /** A class for every pixel, row by row; 0 is mostly the ground. */
    public record Divided(int[] kinds, int height, int width, List<String> labels) {
        /** The share of each class. */
        public double[] shares() {
            var shares = new double[labels.size()];
            for (int kind : kinds) shares[kind] += 1.0 / kinds.length;
            return shares;
        }
    }

    /** Names of the classes. @throws FormatException if the folder has none */
    public List<String> labels() { return saved.texts("labels"); }

    private String label(int kind) {
        var labels = labels();
        return kind < labels.size() ? labels.get(kind) : "class " + kind;
    }

    /** The likeliest classes, the likeliest first, at most {@code most}. @throws FormatException if the model is no classifier */
    public List<Guess> classify(Raster picture, int most) {
        if (saved.model() instanceof Detector || saved.model() instanceof InstanceSegmenter || saved.model() instanceof ContrastiveVlm)
            throw wrong("classifier", "detect, segment or embed");
        var logits = Autograd.noGrad(() -> saved.model().forward(prepared(picture), Pass.inference()));
        if (logits.rank() != 2 || logits.size(1) != labels().size()) throw new FormatException("the model answers " + logits.shape()
                + " to a picture and has " + labels().size() + " labels; a classifier has a number for each");
        double[] p = logits.to(DType.F64).softmax(1).toDoubleArray();
        var guesses = new ArrayList<Guess>();
        for (int k = 0; k < p.length; k++) guesses.add(new Guess(label(k), p[k]));
        guesses.sort(Comparator.comparingDouble(Guess::probability).reversed());
        return List.copyOf(guesses.subList(0, Math.min(most, guesses.size())));
    }

    private Tensor prepared(Raster picture) {
        var notes = saved.notes();
        if (notes.has("crop")) {
            var ready = preprocessing(saved);
            var seen = ready.mean().length == 1 ? one(picture) : picture;
            return ready.evaluation().apply(seen, null).tensor().unsqueeze(0);
        }
        if (notes.has("side")) return Letterbox.of(saved).fitted(picture).unsqueeze(0);
        if (saved.model() instanceof VisionEncoder encoder) return encoder.prepared(List.of(picture));
        throw new FormatException(SavedModel.CONFIG + ": the notes do not say how pictures are prepared (resize, crop, mean, deviation)");
    }

    /** How a trained classifier's pictures are made ready, as its notes say. @throws FormatException if they do not, or sides are no sides */
    public static Preprocessing preprocessing(SavedModel saved) {
        var notes = saved.notes();
        int resize = notes.path("resize").asInt(0), crop = notes.path("crop").asInt(0);
        if (crop < 1 || resize < crop || resize > Letterbox.MOST_SIDE) throw new FormatException(SavedModel.CONFIG + ": notes.resize is "
                + notes.path("resize") + ", notes.crop " + notes.path("crop") + "; sides in pixels, the crop no larger");
        return new Preprocessing(resize, crop, Letterbox.floats(saved.numbers("mean")), Letterbox.floats(saved.numbers("deviation")));
    }

    private static Raster one(Raster picture) {
        var grey = picture.grey();
        return new Raster(Arrays.copyOf(grey.values(), grey.height() * grey.width()), 1, grey.height(), grey.width());
    }

    /** Objects of at least that score, the surest first. @throws FormatException if the model is no detector */
    public List<Seen> detect(Raster picture, double least) {
        if (!(saved.model() instanceof Detector detector)) throw wrong("detector", "classify, segment or embed");
        var box = Letterbox.of(saved);
        var found = detector.detect(box.fitted(picture).unsqueeze(0)).getFirst().above(least);
        var seen = new ArrayList<Seen>();
        double[] scores = found.scores().toDoubleArray();
        for (int i = 0; i < scores.length; i++) {
            double[] b = box.back(found.boxes().select(0, i).toDoubleArray(), picture.height(), picture.width());
            if (b[2] > b[0] && b[3] > b[1]) seen.add(new Seen(label(found.kinds()[i]), scores[i], b[0], b[1], b[2], b[3]));
        }
        return seen;
    }

    /** A class for each pixel. @throws FormatException if the model is no segmenter */
    public Divided segment(Raster picture) {
        if (!(saved.model() instanceof UNet) && !(saved.model() instanceof SemanticSegmenter))
            throw wrong("segmenter", "classify, detect or embed");
        var box = Letterbox.of(saved);
        var logits = Autograd.noGrad(() -> saved.model().forward(box.fitted(picture).unsqueeze(0), Pass.inference()));
        if (logits.rank() != 4 || logits.size(1) != labels().size() || logits.size(2) != box.side() || logits.size(3) != box.side())
            throw new FormatException("the model answers " + logits.shape() + " to a picture of " + box.side() + " x " + box.side()
                    + " and has " + labels().size() + " labels; a segmenter has a number for each at each pixel");
        int[] kinds = logits.argmax(1).toIntArray();
        return new Divided(box.back(kinds, picture.height(), picture.width()), picture.height(), picture.width(), labels());
    }

    /** What the encoder says of the whole picture. @throws FormatException if the model has no encoder */
    public float[] embed(Raster picture) {
        return switch (saved.model()) {
            case ContrastiveVlm pairs -> Autograd.noGrad(() -> pairs.forward(prepared(picture), Pass.inference())).toFloatArray();
            case VisionEncoder encoder -> encoder.features(prepared(picture), 1).toFloatArray();
            default -> throw wrong("encoder", "classify, detect or segment");
        };
    }

    private FormatException wrong(String wanted, String others) {
        return new FormatException("the model is a " + saved.architecture().name() + " and no " + wanted + "; try " + others);
    }
}
