package lyceum.llm.weights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import lyceum.DType;
import lyceum.format.Gguf;
import lyceum.format.Npz;
import lyceum.format.Safetensors;
import lyceum.format.TorchFile;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Weights in another container: what stands in a file by name stands in the new one under the same names.
 *
 * {@snippet :
 * new WeightConversion().withDtype(DType.BF16).write(OpenWeights.open(Path.of("pytorch_model.bin")), Path.of("model.safetensors"));
 * }
 *
 * <p>By the ending of the target: {@code .safetensors}, {@code .gguf}, {@code .pt} (or {@code .pth}, {@code .bin}), {@code .npz}; a folder gets safetensors in files of
 * {@code shardBytes} with their index. Blocks stay blocks from GGUF to GGUF, its settings too, and become floats elsewhere; types that only files hold are widened; an npz,
 * which has no BF16, gets F32. Names are not translated between families of models: {@link lyceum.llm.checkpoint.GgufModel} does that.
 *
 * @param dtype of floating-point tensors in the target; null keeps each its own
 * @param shardBytes bytes of tensors in a file of a folder, 5 GB by default
 */
@Withers
public record WeightConversion(DType dtype, long shardBytes) implements WeightConversionWithers {
    /** Endings that can be written; anything without an ending is a folder. */
    public static final List<String> ENDINGS = List.of(".safetensors", ".gguf", ".pt", ".pth", ".bin", ".npz");

    public WeightConversion {
        if (dtype != null && !dtype.isFloat())
            throw new IllegalArgumentException("WeightConversion: dtype is " + dtype + "; it is F16, BF16, F32 or F64");
        if (shardBytes < 1) throw new IllegalArgumentException("WeightConversion: shardBytes is " + shardBytes + "; at least 1");
    }

    /** Types as they are, files of 5 GB. */
    public WeightConversion() { this(null, 5_000_000_000L); }

    /** Writes {@code weights}. @throws IllegalArgumentException if the ending says no format that is written here */
    public void write(OpenWeights weights, Path target) throws IOException {
        var name = target.getFileName().toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".onnx")) throw new IllegalArgumentException("WeightConversion: " + target
                + ": an ONNX file is a computation, which weights alone are not; Onnx.export writes a module");
        if (Files.exists(target) && weights.files().stream().anyMatch(f -> same(f, target)))
            throw new IllegalArgumentException("WeightConversion: " + target + " is read from; name another file");
        if (name.endsWith(".safetensors")) Safetensors.write(target, forms(weights), n -> tensor(weights, n), metadata(weights));
        else if (name.endsWith(".gguf")) Gguf.write(target, settings(weights), blocks(weights));
        else if (name.endsWith(".npz")) Npz.write(target, tensors(weights, true));
        else if (name.endsWith(".pt") || name.endsWith(".pth") || name.endsWith(".bin")) TorchFile.write(target, tensors(weights, false));
        else if (Files.isDirectory(target) || !name.contains("."))
            OpenWeights.writeSharded(target, forms(weights), n -> tensor(weights, n), shardBytes, metadata(weights));
        else throw new IllegalArgumentException("WeightConversion: " + target + " ends in none of "
                + ENDINGS.stream().collect(Collectors.joining(", ")) + "; a folder gets safetensors in several files");
    }

    private static boolean same(Path a, Path b) {
        try {
            return Files.isSameFile(a, b);
        } catch (IOException e) {
            return false;
        }
    }

    private Tensor tensor(OpenWeights weights, String name) {
        var tensor = weights.tensor(name);
        return dtype != null && tensor.dtype().isFloat() ? tensor.to(dtype) : tensor;
    }

    private DType type(OpenWeights weights, OpenWeights.Entry entry) {
        // Blocks are floats when they are read; that they are read once only to know so would cost what reading costs.
        var own = entry.matrix() != null ? DType.F32 : weights.tensor(entry.name()).dtype();
        return dtype != null && own.isFloat() ? dtype : own;
    }

    private SequencedMap<String, Safetensors.Form> forms(OpenWeights weights) {
        var forms = new LinkedHashMap<String, Safetensors.Form>();
        weights.entries().forEach((name, entry) -> forms.put(name,
                new Safetensors.Form(type(weights, entry), entry.shape().stream().mapToLong(Long::longValue).toArray())));
        return forms;
    }

    private SequencedMap<String, Tensor> tensors(OpenWeights weights, boolean withoutBf16) {
        var tensors = new LinkedHashMap<String, Tensor>();
        for (var name : weights.entries().keySet()) {
            var tensor = tensor(weights, name);
            tensors.put(name, withoutBf16 && tensor.dtype() == DType.BF16 ? tensor.to(DType.F32) : tensor);
        }
        return tensors;
    }

    /** From GGUF the tensors as they lie in the file. */
    private SequencedMap<String, Object> blocks(OpenWeights weights) throws IOException {
        var values = new LinkedHashMap<String, Object>();
        if (weights.format() == OpenWeights.Format.GGUF && dtype == null)
            for (var file : weights.files()) values.putAll(Gguf.read(file).entries());
        else values.putAll(tensors(weights, false));
        return values;
    }

    private static SequencedMap<String, String> metadata(OpenWeights weights) {
        var own = new LinkedHashMap<>(weights.metadata());
        own.put("formatVersion", "1");
        return own;
    }

    private static SequencedMap<String, Object> settings(OpenWeights weights) throws IOException {
        if (weights.format() == OpenWeights.Format.GGUF) return new LinkedHashMap<>(Gguf.read(weights.files().getFirst()).metadata());
        return new LinkedHashMap<>(weights.metadata());
    }
}
