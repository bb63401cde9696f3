package lyceum.models.vision.ocr;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.data.augment.Raster;
import lyceum.nn.loss.CtcDecoder;
import lyceum.nn.onnx.OnnxModel;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Reads the text of a picture as PP-OCR does (Du and others 2020): a network finds lines, a second one tells which stand on their head, a third one reads a
 * line as a sequence of characters, most frames of which are blank (CTC).
 *
 * {@snippet :
 * var reader = TextReader.load(Path.of(".lyceum/models"));
 * for (var line : reader.read(ImageFolder.read(Path.of("invoice.png")))) System.out.println(line.text());
 * }
 *
 * <p>Immutable and safe to share between threads. Pictures are read from left to right; a line that is half as high again as it is wide is read from below.
 *
 * @param detector how lines are found
 * @param detection network from (1, 3, height, width), sides of 32 n, to a probability of each pixel
 * @param direction network from (1, 3, 48, 192) to the probabilities of upright and turned by 180 degrees; null if all lines are upright
 * @param recognition network from (1, 3, 48, width) to probabilities (1, frames, 1 + characters), first that of the blank
 * @param characters what the classes behind the blank stand for
 * @param least confidence of a line that counts, 0.5 by default
 */
@Withers
public record TextReader(TextDetector detector, UnaryOperator<Tensor> detection, UnaryOperator<Tensor> direction,
        UnaryOperator<Tensor> recognition, List<String> characters, double least) implements TextReaderWithers {
    private static final int HEIGHT = 48, TURN_WIDTH = 192, NARROWEST = 320, WIDEST = 1 << 14;
    private static final double TURNED = 0.9;

    public TextReader {
        characters = List.copyOf(characters);
        if (!(least >= 0 && least <= 1))
            throw new IllegalArgumentException("TextReader: least confidence is " + least + "; it lies in [0, 1]");
    }

    /** Networks by themselves. */
    public TextReader(UnaryOperator<Tensor> detection, UnaryOperator<Tensor> direction, UnaryOperator<Tensor> recognition,
            List<String> characters) {
        this(new TextDetector(), detection, direction, recognition, characters, 0.5);
    }

    /**
     * The networks of a folder: {@code *_det_*.onnx}, {@code *_rec_*.onnx}, {@code *_cls_*.onnx} if it is there, and the characters, one a line, in
     * {@code *keys*.txt} or {@code *dict*.txt}; a space comes behind them. {@code tools/fetch-models} brings PP-OCRv4's.
     *
     * @throws IOException if one is missing: names it
     */
    public static TextReader load(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) throw new IOException(folder + " is not a folder");
        var characters = new ArrayList<>(Files.readAllLines(required(folder, "*{keys,dict}*.txt", "characters")));
        characters.add(" ");
        var direction = find(folder, "*_cls_*.onnx");
        return new TextReader(network(required(folder, "*_det_*.onnx", "detection network")), direction == null ? null : network(direction),
                network(required(folder, "*_rec_*.onnx", "recognition network")), characters);
    }

    private static Path find(Path folder, String pattern) throws IOException {
        try (var files = Files.newDirectoryStream(folder, pattern)) {
            var found = new ArrayList<Path>();
            files.forEach(found::add);
            return found.stream().sorted().findFirst().orElse(null);
        }
    }

    private static Path required(Path folder, String pattern, String what) throws IOException {
        var file = find(folder, pattern);
        if (file == null) throw new IOException(folder + " has no " + pattern + ", the " + what + "; tools/fetch-models brings PP-OCR's");
        return file;
    }

    private static UnaryOperator<Tensor> network(Path file) throws IOException {
        var model = OnnxModel.load(file);
        if (model.inputs().size() != 1) throw new FormatException(file + ": a network of pictures has one input, not " + model.inputs());
        var input = model.inputs().getFirst().name();
        return x -> model.run(Map.of(input, x)).firstEntry().getValue();
    }

    /** The lines of a picture, in reading order. */
    public List<TextLine> read(Raster picture) {
        var lines = new ArrayList<TextLine>();
        for (var box : detector.of(picture, detection)) {
            var line = line(box, box.cut(picture));
            if (line.confidence() >= least && !line.text().isBlank()) lines.add(line);
        }
        return lines;
    }

    private TextLine line(TextBox box, Raster cut) {
        if (direction != null) {
            float[] turned = direction.apply(fitted(cut, TURN_WIDTH, TURN_WIDTH)).toFloatArray();
            if (turned[1] > TURNED) cut = cut.turned(2);
        }
        int width = (int) Math.clamp(Math.ceil((double) HEIGHT * cut.width() / cut.height()), 1, WIDEST);
        var frames = recognition.apply(fitted(cut, width, Math.max(width, NARROWEST))).select(0, 0);
        if (frames.rank() != 2 || frames.size(1) != characters.size() + 1) throw new ShapeException(
                "TextReader: " + frames.shape() + " classes by frame for " + characters.size() + " characters and a blank");
        return decoded(box, frames);
    }

    private TextLine decoded(TextBox box, Tensor frames) {
        var text = new StringBuilder();
        for (int label : CtcDecoder.greedy(frames, 0)) text.append(characters.get(label - 1));
        int[] path = frames.argmax(1).toIntArray();
        float[] best = frames.max(1).toFloatArray();
        double sum = 0;
        int count = 0;
        for (int t = 0; t < path.length; t++) {
            if (path[t] == 0 || t > 0 && path[t] == path[t - 1]) continue;
            sum += best[t];
            count++;
        }
        return new TextLine(box, text.toString(), count == 0 ? 0 : sum / count);
    }

    /** 48 pixels high, at most so wide, from -1 to 1; what is left over is 0. */
    private static Tensor fitted(Raster line, int most, int width) {
        int own = (int) Math.clamp(Math.ceil((double) HEIGHT * line.width() / line.height()), 1, most);
        var small = line.resized(HEIGHT, own);
        return Raster.make(3, HEIGHT, width, (c, y, x) -> x < own ? 2 * TextDetector.bgr(small, c, y, x) - 1 : 0).tensor().unsqueeze(0);
    }
}
