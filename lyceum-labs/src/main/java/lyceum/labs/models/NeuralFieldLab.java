package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.fields.FieldCodec;
import lyceum.models.fields.FieldEncoding;
import lyceum.models.fields.NeuralField;
import lyceum.models.fields.NeuralFieldConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** One picture held by four small networks: what they keep, their slopes, and what they say between the pixels. */
@Lab(topics = "neural-fields", title = "A picture as a function")
final class NeuralFieldLab implements LabBody {

    @Override public void run(LabContext lab) {
        int side = lab.param("pixels a side", 32, 16, 96);
        int steps = lab.param("steps", 60, 20, 1000);
        int width = lab.param("width", 48, 16, 256);
        int bits = lab.param("bits of a stored weight", 8, 2, 16);
        var places = NeuralField.grid(side, side);
        var fine = NeuralField.grid(2 * side, 2 * side);
        var picture = picture(places);
        var encodings = new LinkedHashMap<String, FieldEncoding>();
        encodings.put("ReLU", new FieldEncoding.Plain());
        encodings.put("Fourier features", new FieldEncoding.Fourier(64, 4));
        encodings.put("sines", new FieldEncoding.Sine());
        encodings.put("hash grid", new FieldEncoding.Grid(5, 2, 12, 4, side));
        var images = new ArrayList<Image>(List.of(shown("the picture", picture, side)));
        var rows = new ArrayList<List<?>>();
        var found = new LinkedHashMap<String, Double>();
        for (var entry : encodings.entrySet()) {
            var config = new NeuralFieldConfig(2, 1).withHidden(width).withEncoding(entry.getValue());
            var field = NeuralField.create(config, lab.rng(1));
            double rate = entry.getValue() instanceof FieldEncoding.Grid ? 1e-2 : 3e-3;
            new Trainer(new Adam(rate), steps).withSchedule(new Schedule.Cosine(steps))
                    .start(field, 1, (all, pass) -> Loss.mse(field.forward(places, pass), picture), null, lab.rng(2))
                    .finish(lab.progress());
            double on = NeuralField.psnr(field.forward(places), picture), between = NeuralField.psnr(field.forward(fine), picture(fine));
            var slope = field.gradient(places).square().sum(1).sqrt().detach();
            images.add(shown(entry.getKey(), field.forward(places), side));
            images.add(shown("its slope", slope.div(slope.max()), side));
            images.add(shown("twice as fine", field.forward(fine), 2 * side));
            var bytes = FieldCodec.encode(field, bits);
            rows.add(List.of(entry.getKey(), on, between, field.parameterCount(), bytes.length,
                    NeuralField.psnr(FieldCodec.decode(config, bytes).forward(places), picture)));
            found.put(entry.getKey(), on);
        }
        lab.figure(Figure.images("Kept, its slope, and between the pixels", 3, images.subList(1, images.size())).describedAs(
                "A row an encoding: what the field keeps, the length of its gradient, and a rendering at twice the resolution. Plain ReLU is a blur, the others show the stripes."));
        lab.figure(Figure.images("The picture", 1, images.subList(0, 1))
                .describedAs("A striped disc on a ramp, with a square in the corner."));
        lab.table("Peak signal-to-noise ratio",
                List.of("encoding", "dB on the pixels", "dB at twice as many", "weights", "bytes stored", "dB from these"), rows);
        lab.say("After %d steps ReLU keeps %.1f dB, Fourier features %.1f, sines %.1f, the hash grid %.1f.", steps, found.get("ReLU"),
                found.get("Fourier features"), found.get("sines"), found.get("hash grid"));
        lab.shows("sines over ReLU, dB", found.get("sines") - found.get("ReLU"), above(6));
        lab.shows("plain ReLU, dB", found.get("ReLU"), below(26));
    }

    private static Tensor picture(Tensor places) {
        Tensor x = places.narrow(1, 0, 1), y = places.narrow(1, 1, 1);
        var ramp = x.mul(0.2).add(0.3);
        var disc = x.square().add(y.square()).lt(0.45).where(x.mul(14.0).add(y.mul(5.0)).sin().mul(0.4).add(0.5), ramp);
        return x.gt(0.5).and(y.gt(0.5)).where(Tensor.ones(places.size(0), 1), disc).to(DType.F32).compute();
    }

    private static Image shown(String caption, Tensor values, int side) {
        return Image.gray(caption, values.clamp(0, 1).reshape(side, side));
    }
}
