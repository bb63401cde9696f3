package lyceum.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lyceum.LyceumException;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxFile.Graph;
import lyceum.format.OnnxFile.Port;
import lyceum.format.OnnxFile.Type;
import lyceum.format.OnnxType;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The standard's own suite, from Debian's package libonnx-testdata, at its tolerances: 1e-3 relative, 1e-7 absolute. */
class ConformanceTest {
    private static Map<String, String> exceptions() throws IOException {
        var reasons = new TreeMap<String, String>();
        try (var in = ConformanceTest.class.getResourceAsStream("/onnx/exceptions.txt")) {
            for (var line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().filter(l -> !l.isBlank() && !l.startsWith("#"))
                    .toList()) {
                var parts = line.split(": ", 2);
                reasons.put(parts[0], parts[1]);
            }
        }
        return reasons;
    }

    @Tag("slow")
    @Test void modelsThatAreReadAndWrittenStayAsTheyWere() throws IOException {
        var cases = ConformanceCase.all();
        Assumptions.assumeFalse(cases.isEmpty(), "not here: Debian's package libonnx-testdata (apt-get install libonnx-testdata)");
        for (int i = 0; i < cases.size(); i++) {
            byte[] once = OnnxFile.read(cases.get(i).folder().resolve("model.onnx")).toBytes();
            assertThat(OnnxFile.read(once).toBytes()).as(cases.get(i).name()).isEqualTo(once);
            if (i % 7 == 0 && cases.get(i).problem() == null)
                assertThat(cases.get(i).problem(OnnxModel.load(once))).as(cases.get(i).name()).isNull();
        }
    }

    @Tag("heavy")
    @Test void theSuitesNetworksGiveTheirAnswers() throws IOException {
        var networks = ConformanceCase.networks();
        Assumptions.assumeFalse(networks.isEmpty(), "not here: Debian's package libonnx-testdata (apt-get install libonnx-testdata)");
        assertThat(networks).hasSize(9);
        for (var network : networks) assertThat(ConformanceCase.networkProblem(network)).as(network.getFileName().toString()).isNull();
    }

    /** Mutants of the suite's models on the suite's inputs: whatever an attribute or a shape says, a model runs or refuses, in bounded time and memory. */
    @Tag("heavy")
    @Test void mutantsOfTheStandardsModelsRunOrAreRefused() throws IOException {
        var cases = ConformanceCase.all();
        Assumptions.assumeFalse(cases.isEmpty(), "not here: Debian's package libonnx-testdata (apt-get install libonnx-testdata)");
        var limits = new OnnxLimits(1_000_000, 100, 1_000);
        int mutants = 0;
        for (var test : cases) {
            if (Files.size(test.folder().resolve("model.onnx")) > 1 << 16) continue;
            Fuzz.of(test.folder().resolve("model.onnx")).allowing(LyceumException.class, IllegalArgumentException.class)
                    .allocatingAtMost(256L << 20).mutants(80, bytes -> test.problem(OnnxModel.of(OnnxFile.read(bytes), limits)));
            mutants += 80;
        }
        assertThat(mutants).isGreaterThanOrEqualTo(100_000);
    }

    /** Whole numbers that go in are given as constants, since sizes hang on them; what the file says of its outputs is taken away. */
    @Tag("slow")
    @Test void shapesFoundWithoutARunAreThoseOfTheAnswers() throws IOException {
        var cases = ConformanceCase.all();
        Assumptions.assumeFalse(cases.isEmpty(), "not here: Debian's package libonnx-testdata (apt-get install libonnx-testdata)");
        var wrong = new ArrayList<String>();
        int all = 0, known = 0;
        for (var test : cases) {
            var file = OnnxFile.read(test.folder().resolve("model.onnx"));
            var graph = file.graph();
            var constants = new LinkedHashMap<>(graph.initializers());
            for (int i = 0; i < graph.inputs().size(); i++) {
                var port = graph.inputs().get(i);
                var given = test.constant("input_" + i, port);
                boolean isSaid = given != null && port.type() instanceof Type.OfTensor said && said.element() == given.type();
                if (isSaid && given.tensor() != null && !given.type().carrier().isFloat()) constants.put(port.name(), given);
            }
            var outputs = graph.outputs().stream().map(port -> new Port(port.name(), null)).toList();
            var bare = new Graph(graph.name(), graph.nodes(), constants, graph.inputs(), outputs, List.of());
            var shapes = OnnxShapes
                    .of(new OnnxFile(file.irVersion(), file.producer(), file.opsets(), bare, file.functions(), file.metadata()), Map.of());
            shapes.contradictions().forEach(each -> wrong.add(test.name() + ": " + each));
            for (int i = 0; i < outputs.size(); i++) {
                var answer = test.constant("output_" + i, graph.outputs().get(i));
                if (answer == null) continue;
                all++;
                var said = (Type.OfTensor) shapes.types().get(outputs.get(i).name());
                if (said.shape() == null) continue;
                boolean same = said.shape().size() == answer.dims().length && (said.element() == OnnxType.UNDEFINED
                        || said.element() == ((Type.OfTensor) graph.outputs().get(i).type()).element());
                boolean whole = same;
                for (int axis = 0; same && axis < answer.dims().length; axis++) {
                    long size = said.shape().get(axis).size();
                    same = size < 0 || size == answer.dims()[axis];
                    whole &= size >= 0;
                }
                if (!same) wrong.add(test.name() + ": " + shapes.text(outputs.get(i).name()) + ", the answer is " + answer.type() + " "
                        + Arrays.toString(answer.dims()));
                else if (whole) known++;
            }
        }
        System.out.println("ONNX shapes: " + known + " of " + all + " outputs known without a run");
        assertThat(wrong).isEmpty();
        assertThat(known).isGreaterThan(1_150);
    }

    @Tag("slow")
    @Test void theStandardsModelsGiveWhatTheStandardSays() throws IOException {
        var cases = ConformanceCase.all();
        Assumptions.assumeFalse(cases.isEmpty(), "not here: Debian's package libonnx-testdata (apt-get install libonnx-testdata)");
        var exceptions = exceptions();
        var failed = new TreeMap<String, String>();
        var passed = new ArrayList<String>();
        var table = new Table(new TreeMap<>(), exceptions);
        for (var test : cases) {
            var problem = test.problem();
            if (problem == null) passed.add(test.name());
            else failed.put(test.name(), problem);
            table.add(test, problem == null);
        }
        System.out.println("ONNX conformance: " + passed.size() + " of " + cases.size() + " models pass");
        var surprises = new LinkedHashMap<>(failed);
        surprises.keySet().removeAll(exceptions.keySet());
        surprises.forEach((name, problem) -> System.out.println("  " + name + ": " + problem));
        assertThat(surprises).as("models that fail and are not listed").isEmpty();
        assertThat(exceptions.keySet()).as("exceptions that pass or are gone").isSubsetOf(failed.keySet());
        exceptions.forEach((name, reason) -> {
            if (reason.endsWith("is refused")) assertThat(failed.get(name)).as(name).contains("operators that are not known");
        });
        assertThat(passed).hasSizeGreaterThanOrEqualTo(1_396);
        Files.writeString(Path.of("target", "conformance.tsv"), table.text());
        try (var in = OnnxModel.class.getResourceAsStream("conformance.tsv")) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                    .as("the table of /status; target/conformance.tsv is the new one").isEqualTo(table.text());
        }
    }

    /** Of each operator how many models have it, how many of those pass, and why the others do not. */
    private record Table(TreeMap<String, List<String>> lines, Map<String, String> exceptions) {
        void add(ConformanceCase test, boolean passes) throws IOException {
            var operators = new TreeSet<String>();
            for (var node : OnnxFile.read(test.folder().resolve("model.onnx")).graph().nodes())
                operators.add((node.domain().isEmpty() ? "" : node.domain() + ".") + node.operator());
            var reason = passes ? "" : exceptions.getOrDefault(test.name(), "fails");
            for (var operator : operators) lines.computeIfAbsent(operator, o -> new ArrayList<>()).add(reason);
        }

        String text() {
            var text = new StringBuilder("operator\tmodels\tpass\treasons\n");
            lines.forEach(
                    (operator,
                            reasons) -> text
                                    .append(String.join("\t", operator, "" + reasons.size(),
                                            "" + reasons.stream().filter(String::isEmpty).count(), reasons.stream()
                                                    .filter(r -> !r.isEmpty()).distinct().sorted().collect(Collectors.joining("; "))))
                                    .append('\n'));
            return text.toString();
        }
    }
}
