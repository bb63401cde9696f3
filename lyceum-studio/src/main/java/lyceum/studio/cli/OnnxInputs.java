package lyceum.studio.cli;

import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import javax.imageio.ImageIO;
import lyceum.DType;
import lyceum.format.Npy;
import lyceum.format.Npz;
import lyceum.format.OnnxFile.Dim;
import lyceum.format.OnnxFile.Type;
import lyceum.nn.onnx.OnnxModel;
import lyceum.nn.onnx.OnnxValue;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import picocli.CommandLine.Option;

/** What goes into an ONNX model from the command line: files, or numbers drawn by the shape of what is not given. */
final class OnnxInputs {
    private static final long MOST_PIXELS = 100_000_000;

    @Option(names = "--input", paramLabel = "NAME=FILE",
            description = "An input from a .npy file or a picture; or FILE alone, a .npz with all of them. What is not given is drawn.")
    private List<String> files = List
                    .of();

    @Option(names = "--size", paramLabel = "NAME=N",
            description = "The size of a dimension the model leaves open; 1 by default.")
    private Map<String, Long> sizes = Map.of();

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "Of what is drawn, 0 by default.") private long seed;

    /** @throws IOException if a file is not there or of no kind that is known */
    SequencedMap<String, OnnxValue> of(OnnxModel model) throws IOException {
        var given = new LinkedHashMap<String, Tensor>();
        for (var file : files) {
            int cut = file.indexOf('=');
            if (cut < 0) given.putAll(Npz.read(FitCommand.existing(Path.of(file))));
            else given.put(file.substring(0, cut), null);
        }
        var values = new LinkedHashMap<String, OnnxValue>();
        var rng = Rng.of(seed);
        for (var port : model.inputs()) {
            if (!(port.type() instanceof Type.OfTensor type))
                throw new IOException("the input \"" + port.name() + "\" is not a tensor; run this model in code");
            long[] shape = type.shape() == null ? new long[0] : type.shape().stream().mapToLong(this::size).toArray();
            var file = files.stream().filter(f -> f.startsWith(port.name() + "=")).findFirst();
            Tensor x = file.isPresent() ? read(Path.of(file.get().substring(port.name().length() + 1)), shape)
                    : given.get(port.name()) != null ? given.get(port.name())
                            : drawn(type.element().carrier(), shape, rng.split(values.size()));
            values.put(port.name(), x.dtype() == type.element().carrier() ? new OnnxValue.Array(type.element(), x) : OnnxValue.of(x));
        }
        for (var name : given.keySet()) values.putIfAbsent(name, OnnxValue.of(given.get(name) == null ? Tensor.zeros(0) : given.get(name))); // refused by name
        return values;
    }

    private long size(Dim dim) { return dim.size() >= 0 ? dim.size() : sizes.getOrDefault(dim.name(), 1L); }

    private static Tensor drawn(DType type, long[] shape, Rng rng) {
        if (type.isFloat()) return Tensor.randn(rng, shape).to(type).compute();
        return Tensor.zeros(type, shape);
    }

    private static Tensor read(Path file, long[] shape) throws IOException {
        FitCommand.existing(file);
        if (file.toString().endsWith(".npy")) return Npy.read(file);
        if (shape.length != 4 || shape[1] != 3)
            throw new IOException(file + ": a picture needs an input of shape (batch, 3, height, width)");
        var picture = picture(file);
        int height = (int) (shape[2] > 1 ? shape[2] : picture.getHeight()), width = (int) (shape[3] > 1 ? shape[3] : picture.getWidth());
        var scaled = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        var pen = scaled.createGraphics();
        pen.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        pen.drawImage(picture, 0, 0, width, height, null);
        pen.dispose();
        var pixels = new float[3 * height * width];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                for (int c = 0; c < 3; c++) pixels[(c * height + y) * width + x] = (scaled.getRGB(x, y) >> 16 - 8 * c & 0xFF) / 255f;
        return Tensor.of(pixels, 1, 3, height, width);
    }

    /** The size is looked at before anything is decoded. */
    private static BufferedImage picture(Path file) throws IOException {
        try (var stream = ImageIO.createImageInputStream(file.toFile())) {
            var readers = ImageIO.getImageReaders(stream);
            if (!readers.hasNext()) throw new IOException(file + " is neither a .npy file nor a supported picture (png, jpg, gif, bmp)");
            var reader = readers.next();
            try {
                reader.setInput(stream);
                if ((long) reader.getWidth(0) * reader.getHeight(0) > MOST_PIXELS) throw new IOException(
                        file + " has " + reader.getWidth(0) + " x " + reader.getHeight(0) + " pixels; " + MOST_PIXELS + " at most");
                return reader.read(0);
            } finally {
                reader.dispose();
            }
        }
    }
}
