package lyceum.train.compress;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.backend.PadMode;
import lyceum.format.Safetensors;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.tensor.Tensor;

/**
 * A network as a small file: integers packed as bytes, and where it takes fewer bytes, only what is not zero beside a bit for each weight. Safetensors, read without the network.
 *
 * <p>Layers are those of {@link PostTrainingQuantizer} after folding, {@link IntegerLayer}s, {@link Activation}s and {@link PostTrainingQuantizer#FLATTEN}.
 */
public final class CompressedFile {
    private CompressedFile() {}

    /** @throws IllegalArgumentException for a layer that has no name in the file */
    public static void write(Path path, Sequential model) throws IOException {
        var tensors = new LinkedHashMap<String, Tensor>();
        var kinds = new ArrayList<String>();
        var layers = new ArrayList<Layer>();
        PostTrainingQuantizer.bare(model);
        for (var layer : model.layers()) {
            if (layer instanceof Sequential || layer instanceof BatchNorm) throw new IllegalArgumentException(
                    "CompressedFile: a network is flat and its batch norms folded; use PostTrainingQuantizer.folded first");
            if (layer instanceof Module module) PostTrainingQuantizer.bare(module);
            if (layer instanceof Linear linear && linear.activation() != null)
                layers.addAll(List.of(Linear.sharing(linear.weight(), linear.bias()), linear.activation()));
            else layers.add(layer);
        }
        for (int i = 0; i < layers.size(); i++) kinds.add(put(tensors, i + ".", layers.get(i)));
        Safetensors.write(path, tensors, Map.of("formatVersion", "1", "layers", String.join(";", kinds)));
    }

    private static String put(SequencedMap<String, Tensor> tensors, String name, Layer layer) {
        if (layer instanceof Activation activation) return "activation " + activation.name();
        if (layer == PostTrainingQuantizer.FLATTEN) return "flatten";
        if (layer instanceof IntegerLayer integers) {
            var codes = integers.codes();
            weights(tensors, name, Tensor.of(codes).to(DType.I8));
            tensors.put(name + "steps", integers.weight().scales());
            if (integers.bias() != null) tensors.put(name + "bias", integers.bias());
            var input = integers.input();
            return "integers " + text(integers.shape()) + " " + integers.weight().quantizer().bits() + " " + integers.inputBits() + " "
                    + (input == null ? "dynamic" : Float.toHexString(input.scale()) + "," + input.zero()) + " " + text(integers.how());
        }
        var weight = layer instanceof Linear linear ? linear.weight() : layer instanceof Conv2d conv ? conv.weight() : null;
        if (weight == null) throw new IllegalArgumentException(
                "CompressedFile: layer " + name + " " + layer.getClass().getSimpleName() + " has no name in the file");
        weights(tensors, name, weight.detach().flatten());
        var bias = PostTrainingQuantizer.bias(layer);
        if (bias != null) tensors.put(name + "bias", bias.detach());
        return "floats " + text(weight.shape().toArray()) + " " + text(layer instanceof Conv2d conv ? conv.how() : null);
    }

    private static void weights(SequencedMap<String, Tensor> tensors, String name, Tensor flat) {
        var kept = flat.ne(flat.zerosLike()).toBooleanArray();
        long n = 0;
        var bits = new int[(kept.length + 7) / 8];
        for (int i = 0; i < kept.length; i++) if (kept[i]) {
            n++;
            bits[i / 8] |= 1 << i % 8;
        }
        if (n * flat.dtype().bytes() + bits.length >= flat.count() * flat.dtype().bytes()) tensors.put(name + "weight", flat);
        else {
            tensors.put(name + "kept", Tensor.of(bits).to(DType.U8));
            tensors.put(name + "values", flat.maskedSelect(Tensor.of(kept)));
        }
    }

    /** @throws FormatException if the file is none of these */
    public static Sequential read(Path path) throws IOException {
        var contents = Safetensors.read(path);
        var kinds = contents.metadata().get("layers");
        if (kinds == null || !"1".equals(contents.metadata().get("formatVersion")))
            throw new FormatException("CompressedFile: " + path + " has no layers of formatVersion 1");
        var layers = new ArrayList<Layer>();
        try {
            for (var kind : kinds.split(";")) layers.add(layer(contents.tensors(), layers.size() + ".", kind.split(" ")));
        } catch (IllegalArgumentException | IndexOutOfBoundsException | NullPointerException e) {
            throw new FormatException("CompressedFile: " + path + ", layer " + layers.size() + ": " + e.getMessage());
        }
        return new Sequential(layers);
    }

    private static Layer layer(Map<String, Tensor> tensors, String name, String[] kind) {
        return switch (kind[0]) {
            case "activation" -> Activation.valueOf(kind[1]);
            case "flatten" -> PostTrainingQuantizer.FLATTEN;
            case "floats" -> {
                var weight = weights(tensors, name, longs(kind[1]));
                var bias = tensors.get(name + "bias");
                yield kind[2].equals("-") ? new Linear(weight, bias) : new Conv2d(weight, bias, how(kind[2]));
            }
            case "integers" -> {
                var steps = tensors.get(name + "steps");
                var codes = weights(tensors, name, longs(kind[1])).to(DType.F32);
                int inputBits = Integer.parseInt(kind[3]), half = 1 << inputBits - 1;
                var input = kind[4].split(",");
                var range = input.length == 1 ? null
                        : new QuantisationRange(Float.parseFloat(input[0]), Integer.parseInt(input[1]), -half, half - 1);
                var weight = Autograd.noGrad(() -> codes.mul(PostTrainingQuantizer.column(steps, codes.rank())).compute());
                yield new IntegerLayer(weight, Integer.parseInt(kind[2]), steps.toFloatArray(), tensors.get(name + "bias"), range,
                        inputBits, how(kind[5]));
            }
            default -> throw new IllegalArgumentException("unknown kind " + kind[0]);
        };
    }

    private static Tensor weights(Map<String, Tensor> tensors, String name, long[] shape) {
        var whole = tensors.get(name + "weight");
        if (whole != null) return whole.reshape(shape);
        int n = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
        int[] bits = tensors.get(name + "kept").to(DType.I32).toIntArray();
        var values = tensors.get(name + "values");
        var kept = new boolean[n];
        int count = 0;
        for (int i = 0; i < n; i++) if (kept[i] = (bits[i / 8] >> i % 8 & 1) == 1) count++;
        if (count != values.count()) throw new IllegalArgumentException(count + " weights are kept and " + values.count() + " are stored");
        var place = new long[count];
        for (int i = 0, e = 0; i < n; i++) if (kept[i]) place[e++] = i;
        return Tensor.zeros(values.dtype(), n).scatter(0, Tensor.of(place), values).reshape(shape);
    }

    private static String text(long[] shape) { return String.join(",", Arrays.stream(shape).mapToObj(Long::toString).toList()); }

    private static long[] longs(String text) { return Arrays.stream(text.split(",")).mapToLong(Long::parseLong).toArray(); }

    private static String text(Convolution how) {
        if (how == null) return "-";
        return List.of(how.stride(), how.before(), how.after(), how.dilation(), List.of(how.groups(), how.mode().ordinal())).stream()
                .map(l -> String.join(",", l.stream().map(Object::toString).toList())).reduce((a, b) -> a + "/" + b).orElseThrow();
    }

    private static Convolution how(String text) {
        if (text.equals("-")) return null;
        var p = Arrays.stream(text.split("/")).map(t -> Arrays.stream(longs(t)).mapToInt(Math::toIntExact).toArray()).toList();
        var mode = PadMode.values()[p.get(4).length > 1 ? p.get(4)[1] : 0]; // older files have none
        return new Convolution().withStride(p.get(0)).withPadding(p.get(1), p.get(2)).withDilation(p.get(3)).withGroups(p.get(4)[0])
                .withMode(mode);
    }
}
