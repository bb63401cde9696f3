package lyceum.nn.onnx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxFile.Type;
import lyceum.format.OnnxType;
import lyceum.format.ProtoReader;
import lyceum.tensor.Tensor;

/** A folder of the standard's conformance suite: a model, and sets of inputs and outputs. */
record ConformanceCase(Path folder) {
    private static final Path HOME = Path.of("/usr/lib/python3/dist-packages/onnx/backend/test/data");

    /** All with a model, in order; none where the package is not installed. */
    static List<ConformanceCase> all() throws IOException {
        var cases = new ArrayList<ConformanceCase>();
        for (var group : List.of("node", "pytorch-converted", "pytorch-operator", "simple")) {
            if (!Files.isDirectory(HOME.resolve(group))) continue;
            try (var folders = Files.list(HOME.resolve(group))) {
                folders.filter(f -> Files.exists(f.resolve("model.onnx"))).sorted().map(ConformanceCase::new).forEach(cases::add);
            }
        }
        return cases;
    }

    /** The suite's whole networks, with weights of one number each. */
    static List<Path> networks() throws IOException {
        if (!Files.isDirectory(HOME.resolve("light"))) return List.of();
        try (var files = Files.list(HOME.resolve("light"))) {
            return files.filter(f -> f.toString().endsWith(".onnx")).sorted().toList();
        }
    }

    /** A network on numbers from 0 to 1 in order, against the answer that lies beside it. */
    static String networkProblem(Path file) throws IOException {
        var model = OnnxModel.load(file);
        var port = model.inputs().getFirst();
        long[] shape = ((Type.OfTensor) port.type()).shape().stream().mapToLong(OnnxFile.Dim::size).toArray();
        long n = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        var x = Tensor.arange(n).to(DType.F64).div((double) n).to(DType.F32).reshape(shape);
        var expected = OnnxFile.readTensor(Files.readAllBytes(Path.of(file.toString().replace(".onnx", "_output_0.pb"))));
        return difference(OnnxValue.of(expected), OnnxValue.of(model.run(Map.of(port.name(), x)).values().iterator().next()));
    }

    String name() { return folder.getParent().getFileName() + "/" + folder.getFileName().toString().substring("test_".length()); }

    /** Runs every set; null if all outputs are as expected, else what is wrong. */
    String problem() throws IOException {
        OnnxModel model;
        try {
            model = OnnxModel.load(folder.resolve("model.onnx"));
        } catch (RuntimeException e) {
            return "load: " + e;
        }
        return problem(model);
    }

    String problem(OnnxModel model) throws IOException {
        try (var sets = Files.list(folder)) {
            for (var set : sets.filter(Files::isDirectory).sorted(Comparator.comparing(Path::toString)).toList()) {
                try {
                    var problem = problem(model, set);
                    if (problem != null) return problem;
                } catch (RuntimeException e) {
                    return "run: " + e;
                }
            }
        }
        return null;
    }

    private static String problem(OnnxModel model, Path set) throws IOException {
        var given = new LinkedHashMap<String, OnnxValue>();
        var ports = model.file().graph().inputs();
        for (int i = 0; Files.exists(set.resolve("input_" + i + ".pb")); i++)
            given.put(ports.get(i).name(), value(Files.readAllBytes(set.resolve("input_" + i + ".pb")), ports.get(i).type()));
        var results = new ArrayList<>(model.runValues(given).values());
        for (int i = 0; Files.exists(set.resolve("output_" + i + ".pb")); i++) {
            var problem = difference(value(Files.readAllBytes(set.resolve("output_" + i + ".pb")), model.outputs().get(i).type()),
                    results.get(i));
            if (problem != null) return "output " + i + ": " + problem;
        }
        return null;
    }

    /** A tensor of the first set, or null if there is none, or it is a list or an optional one. */
    OnnxFile.Constant constant(String name, OnnxFile.Port port) throws IOException {
        var file = folder.resolve("test_data_set_0").resolve(name + ".pb");
        return port.type() instanceof Type.OfTensor && Files.exists(file) ? OnnxFile.readTensor(Files.readAllBytes(file)) : null;
    }

    private static OnnxValue value(byte[] file, Type type) {
        return switch (type) {
            case Type.OfSequence s -> new OnnxValue.Sequence(fields(file).stream().map(f -> value(f, s.element())).toList());
            case Type.OfOptional o -> new OnnxValue.Maybe(fields(file).stream().map(f -> value(f, o.element())).findFirst().orElse(null));
            case Type.OfTensor(var element, var shape) when element == OnnxType.BFLOAT16 -> halves(OnnxFile.readTensor(file));
            case null, default -> OnnxValue.of(OnnxFile.readTensor(file));
        };
    }

    /** NumPy has no BF16: the suite keeps such tensors as the U16 of their bits. */
    private static OnnxValue halves(OnnxFile.Constant bits) {
        if (bits.type() != OnnxType.UINT16) return OnnxValue.of(bits);
        int[] words = bits.tensor().toIntArray();
        var values = new float[words.length];
        for (int i = 0; i < values.length; i++) values[i] = Float.intBitsToFloat(words[i] << 16);
        return OnnxValue.of(Tensor.of(values, bits.dims()).to(DType.BF16));
    }

    /** The messages in a SequenceProto or OptionalProto, whatever their kind. */
    private static List<byte[]> fields(byte[] file) {
        var found = new ArrayList<byte[]>();
        for (var in = new ProtoReader("ONNX sequence", file); in.hasNext();) {
            int tag = in.tag();
            if ((tag & 7) == 2 && tag >> 3 >= 3) found.add(in.bytes());
            else in.skip(tag);
        }
        return found;
    }

    private static String difference(OnnxValue expected, OnnxValue got) {
        if (expected instanceof OnnxValue.Sequence(var a)) {
            if (!(got instanceof OnnxValue.Sequence(var b)) || a.size() != b.size()) return got + ", expected " + a;
            for (int i = 0; i < a.size(); i++) if (difference(a.get(i), b.get(i)) instanceof String problem) return i + ": " + problem;
            return null;
        }
        if (expected instanceof OnnxValue.Maybe(var a)) return got instanceof OnnxValue.Maybe(var b)
                ? a == null ? b == null ? null : b + ", expected none" : difference(a, b) : difference(a, got);
        if (expected instanceof OnnxValue.Strings)
            return expected.equals(got) ? null : got + ", expected " + expected + " " + expected.equals(got);
        if (expected.type() != got.type()) return got + ", expected " + expected;
        if (!expected.tensor().shape().equals(got.tensor().shape())) return got + ", expected " + expected;
        double[] a = expected.tensor().to(DType.F64).toDoubleArray(), b = got.tensor().to(DType.F64).toDoubleArray();
        for (int i = 0; i < a.length; i++)
            if (Double.compare(a[i] + 0.0, b[i] + 0.0) != 0 && !(Math.abs(a[i] - b[i]) <= 1e-7 + 1e-3 * Math.abs(a[i])))
                return "element " + i + " is " + b[i] + ", expected " + a[i]
                        + (a.length > 12 ? "" : "; " + Arrays.toString(b) + " for " + Arrays.toString(a));
        return null;
    }
}
