package lyceum.labs.models;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.scenes.MovingShapes;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.diffusion.ClassifierFreeGuidance;
import lyceum.models.generative.diffusion.ConditionDropout;
import lyceum.models.generative.diffusion.FlowMatching;
import lyceum.models.generative.diffusion.FlowModel;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.VideoDiffusion;
import lyceum.models.generative.diffusion.VideoOptions;
import lyceum.models.generative.diffusion.VideoTransformer;
import lyceum.models.generative.diffusion.VideoTransformerConfig;
import lyceum.models.generative.diffusion.VideoTransformerConfig.Looking;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Clips of a square that moves where one asks, by a network that sees the whole clip and by one that sees single frames. */
@Lab(topics = "video-diffusion", title = "A square that knows where it goes")
final class VideoDiffusionLab implements LabBody {
    private static final int FRAMES = 8, SIDE = 8;
    private static final String[] NAMES = {"right", "down", "left", "up"};

    @Override public void run(LabContext lab) {
        int epochs = lab.param("epochs", 2, 1, 60), count = lab.param("clips", 240, 40, 4000), depth = lab.param("blocks", 2, 1, 6);
        double weight = lab.param("guidance", 1.5, 0.0, 6.0);
        var world = new MovingShapes(SIDE, FRAMES).withDirections(4);
        var clips = world.draw(count, lab.rng(1));
        Tensor x = clips.frames().mul(3).sub(0.2).compute(), directions = Tensor.of(0L, 1, 2, 3);
        var options = new VideoOptions(FRAMES, SIDE).withGuidance(ClassifierFreeGuidance.ofClass(weight, 4))
                .withSolver(new FlowModel.Solver.Euler(12));

        var rows = new ArrayList<List<?>>();
        var drawn = new ArrayList<Tensor>();
        double first = 1;
        for (var looking : List.of(Looking.JOINT, Looking.FRAMES)) {
            var network = new VideoTransformer(new VideoTransformerConfig(1, 1, 4, 48, depth, 4, 4).withLooking(looking), lab.rng(2));
            var video = new VideoDiffusion(network, new FlowMatching());
            var history = new Trainer(new AdamW(2e-3), epochs).withBatchSize(40).withAveraging(0.9)
                    .start(network, count, video.over(x, clips.direction(), ConditionDropout.ofClass(0.1, 4), 0.3), null, lab.rng(3))
                    .finish(lab.progress());
            rows.add(List.of(looking, network.parameterCount(), history.losses()[0], history.losses()[epochs - 1]));
            drawn.add(video.sample(directions, options, NoiseStreams.of(lab.rng(4), 4), lab.progress()));
            if (looking != Looking.JOINT) continue;
            var begin = x.narrow(0, 0, 4).narrow(1, 0, 1);
            var moved = video.animate(begin, clips.direction().narrow(0, 0, 4), options, NoiseStreams.of(lab.rng(5), 4), lab.progress());
            first = moved.narrow(1, 0, 1).sub(begin).abs().max().item();
        }
        lab.table("Two networks of one size", List.of("looks at", "parameters", "first epoch's loss", "last epoch's loss"), rows);
        var frames = new ArrayList<Figure>();
        for (int f = 0; f < FRAMES; f++) {
            var images = new ArrayList<Image>();
            for (int k = 0; k < 2; k++)
                for (int d = 0; d < 4; d++)
                    images.add(Image.gray(NAMES[d] + (k == 0 ? "" : ", frame by frame"), light(drawn.get(k).get(d, f, 0))));
            frames.add(Figure.images("Frame " + f, 4, images)
                    .describedAs("Above clips of the network that sees all frames, below of the one that sees one; "
                            + "direction by column. After two epochs they are blots; more epochs make squares of them."));
        }
        lab.figure(Figure.frames("Clips by direction", "frame", frames)
                .describedAs("The four directions, a frame at a time, by both networks."));
        int places = SIDE / 4 * (SIDE / 4);
        lab.say("Joint attention compares %d pairs of tokens a clip, factorised attention %d.", FRAMES * places * FRAMES * places,
                FRAMES * places * places + places * FRAMES * FRAMES);
        lab.shows("last loss over the first, whole clips", (double) rows.getFirst().get(3) / (double) rows.getFirst().get(2), below(1));
        lab.shows("largest change of a given first frame", first, exactly(0));
    }

    private static Tensor light(Tensor frame) { return frame.add(0.2).div(3).clamp(0.0, 1.0); }
}
