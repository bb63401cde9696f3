package lyceum.models.multimodal;

import java.util.List;
import java.util.function.Function;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.models.generative.diffusion.ClassifierFreeGuidance;
import lyceum.models.generative.diffusion.Denoiser;
import lyceum.models.generative.diffusion.FlowMatching;
import lyceum.models.generative.diffusion.FlowModel;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.text.TextTower;
import lyceum.models.vision.UNet;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Pictures from captions, pixels and all: a {@link UNet} that carries noise to pictures by {@linkplain FlowMatching flow matching} is told where each pixel lies, and looks at
 * a {@link TextTower}'s vectors of the caption. Small enough to be trained from nothing on a few hundred pictures.
 *
 * {@snippet :
 * var words = CaptionWords.of(captions);
 * var painter = new CaptionPainter(CaptionPainterConfig.small(32, 24, words.vocabulary()), rng);
 * Tensor loss = new FlowMatching().loss(painter, pictures, painter.ids(captions, words), pass);      // pictures in [-1, 1]
 * TextToImage draws = painter.drawing(words, 20, 3);
 * }
 *
 * <p>Children: {@code text}, {@code denoiser}. A condition is the ids of captions (n, positions).
 *
 * @see <a href="https://arxiv.org/abs/2209.03003">Liu, Gong and Liu (2023), rectified flow</a>
 */
public final class CaptionPainter extends Module implements Denoiser {
    /** A UNet's times are steps by the hundred; a flow's go from 0 to 1. */
    private static final double STEPS = 1000;

    private final CaptionPainterConfig config;
    private final TextTower text;
    private final UNet denoiser;

    public CaptionPainter(CaptionPainterConfig config, Rng rng) {
        this.config = config;
        text = new TextTower(config.text(), rng);
        denoiser = new UNet(config.denoiser(), rng);
    }

    public CaptionPainterConfig config() { return config; }

    /** Ids (n, positions) of captions, cut and padded. */
    public Tensor ids(List<String> captions, Function<String, int[]> words) { return text.ids(captions, words); }

    /** Not of one input alone: see {@link #predict}. Here at time 0 of a text of padding. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        return answer(x, Tensor.zeros(x.dtype(), x.size(0)), Tensor.full(DType.I64, (long) config.text().padding(), x.size(0), 1), pass);
    }

    /** Velocities at x (n, channels, side, side) and t (n), from 0 (noise) to 1. */
    @Override public Tensor predict(Tensor x, Tensor t, Tensor ids, Pass pass) { return emit(x, answer(x, t, ids, pass), pass); }

    private Tensor answer(Tensor x, Tensor t, Tensor ids, Pass pass) {
        var placed = Tensor.concat(1, x, places(x));
        return denoiser.forward(placed, t.mul(STEPS), text.encode(ids, pass).tokens(), pass);
    }

    /** How far to the right and down each pixel is, from -1 to 1, (n, 2, side, side): what "top left" is about. */
    private Tensor places(Tensor x) {
        int side = config.side();
        var line = Tensor.arange(side).to(x.dtype()).add(0.5).mul(2.0 / side).sub(1);
        var across = line.reshape(1, 1, 1, side).expand(x.size(0), 1, side, side);
        return Tensor.concat(1, across, line.reshape(1, 1, side, 1).expand(x.size(0), 1, side, side));
    }

    /**
     * Pictures from captions in so many steps.
     *
     * @param words ids of a caption, the empty one among them
     * @param guidance how far the caption is exaggerated: 1 for not at all; any other needs a model that also learned without captions
     */
    public TextToImage drawing(Function<String, int[]> words, int steps, double guidance) {
        var none = ids(List.of(""), words).get(0);
        Denoiser guided = guidance == 1 ? this : ClassifierFreeGuidance.of(guidance, none).guide(this);
        var solver = new FlowModel.Solver.Euler(steps);
        return (prompts, noise, progress) -> {
            if (prompts.size() != noise.size()) throw new IllegalArgumentException(
                    "CaptionPainter: " + prompts.size() + " prompts and " + noise.size() + " streams of noise; one for each");
            return sample(new FlowModel(guided), solver, ids(prompts, words), noise, progress);
        };
    }

    private Tensor sample(FlowModel flow, FlowModel.Solver solver, Tensor ids, NoiseStreams noise, Progress progress) {
        return Autograd.noGrad(
                () -> flow.sample(noise.normal(DType.F32, config.denoiser().outputs(), config.side(), config.side()), ids, solver, progress)
                        .add(1).div(2).clamp(0, 1).compute());
    }
}
