package lyceum.models.vision.segment;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.autograd.Autograd;
import lyceum.models.vision.Resize;
import lyceum.models.vision.VisionBackbone;
import lyceum.models.vision.VisionEncoder;
import lyceum.nn.Conv2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A class for every pixel: pictures (n, channels, height, width) become logits (n, classes, height, width).
 *
 * {@snippet :
 * var fcn = new SemanticSegmenter(new ResNet(ResNetConfig.cifar(8).withClasses(0), rng), new SemanticSegmenter.Fcn(), 4, rng);
 * Tensor loss = Loss.crossEntropy(fcn.forward(images, pass), labels);           // labels (n, height, width)
 * int[] kinds = fcn.kinds(images).toIntArray();
 * }
 *
 * <p>Children: {@code backbone}, {@code score.0 ..} from the coarsest level to the finest, and {@code aspp} with a {@link DeepLab} head.
 *
 * @see <a href="https://arxiv.org/abs/1411.4038">Long, Shelhamer and Darrell (2015): FCN</a>
 * @see <a href="https://arxiv.org/abs/1706.05587">Chen et al. (2017): DeepLab v3</a>
 */
public final class SemanticSegmenter extends Module {
    /** What stands on the backbone. */
    public sealed interface Head permits Fcn, DeepLab {}

    /**
     * Scores of the coarsest level, upsampled, and finer levels' scores added on the way.
     *
     * @param skips finer levels that are added; as many as there are if there are fewer
     */
    public record Fcn(int skips) implements Head {
        public Fcn {
            if (skips < 0) throw new IllegalArgumentException("Fcn: " + skips + " skips; 0 or more");
        }

        /** Two skips: FCN-8s. */
        public Fcn() { this(2); }
    }

    /**
     * {@link Aspp} on the coarsest level, upsampled at once.
     *
     * @param width of the pyramid
     * @param rates of dilation
     */
    public record DeepLab(int width, List<Integer> rates) implements Head {
        public DeepLab { rates = List.copyOf(rates); }
    }

    /**
     * All that a file says of one.
     *
     * @param backbone what it stands on
     * @param head what follows
     * @param classes kinds of pixels, the background among them
     */
    public record Plan(VisionBackbone backbone, Head head, int classes) {
        public Plan {
            Objects.requireNonNull(backbone, "backbone");
            Objects.requireNonNull(head, "head");
        }

        public SemanticSegmenter build(Rng rng) { return new SemanticSegmenter(backbone.build(rng), head, classes, rng); }
    }

    private final int classes;
    private final VisionEncoder backbone;
    private final Aspp aspp;
    private final List<Conv2d> score;

    /** @param classes "nothing" among them */
    public SemanticSegmenter(VisionEncoder backbone, Head head, int classes, Rng rng) {
        if (classes < 2)
            throw new IllegalArgumentException("SemanticSegmenter: " + classes + " classes; at least 2, the background among them");
        this.classes = classes;
        this.backbone = Objects.requireNonNull(backbone, "backbone");
        var scores = new ArrayList<Conv2d>();
        switch (head) {
            case DeepLab lab -> {
                aspp = new Aspp(backbone.width(), lab.width(), lab.rates(), rng);
                scores.add(new Conv2d(lab.width(), classes, 1, rng));
            }
            case Fcn fcn -> {
                aspp = null;
                var widths = widths();
                for (int i = widths.size() - 1; i >= 0 && scores.size() <= fcn.skips(); i--)
                    scores.add(new Conv2d(widths.get(i), classes, 1, rng));
            }
        }
        score = List.copyOf(scores);
    }

    /** Channels of the backbone's levels, of the finest first. */
    private List<Integer> widths() {
        int side = 8 * backbone.stride(); // the first kernel says how many channels pictures have
        int channels = (int) backbone.module().state().values().stream().filter(t -> t.rank() == 4).findFirst().orElseThrow().size(1);
        return Autograd.noGrad(() -> backbone.encode(Tensor.zeros(1, channels, side, side), Pass.inference()).levels().values().stream()
                .map(level -> (int) level.size(1)).toList());
    }

    @Override protected Tensor compute(Tensor images, Pass pass) {
        var levels = List.copyOf(backbone.encode(images, pass).levels().values());
        int last = levels.size() - 1;
        var top = levels.get(last);
        var x = score.getFirst().forward(aspp == null ? top : aspp.forward(top, pass), pass);
        for (int i = 1; i < score.size(); i++) {
            var finer = levels.get(last - i);
            x = Resize.BILINEAR.of(x, finer.size(2), finer.size(3)).add(score.get(i).forward(finer, pass));
        }
        return x.size(2) == images.size(2) && x.size(3) == images.size(3) ? x : Resize.BILINEAR.of(x, images.size(2), images.size(3));
    }

    /** How many classes there are. */
    public int classes() { return classes; }

    /** The likeliest class of each pixel, (n, height, width). Nothing is recorded or learned. */
    public Tensor kinds(Tensor images) { return Autograd.noGrad(() -> forward(images).argmax(1)); }
}
