package lyceum.studio.web.view;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import lyceum.nn.onnx.OnnxModel;

/** What the last run of ONNX's conformance suite gave, operator by operator; a model counts at each operator that it has. */
public record OnnxConformance(List<Line> lines) {

    /** @param reasons why those that do not pass do not */
    public record Line(String operator, int models, int pass, String reasons) {}

    /** The table that the suite's test holds to what it sees. */
    public static OnnxConformance load() {
        try (var in = OnnxModel.class.getResourceAsStream("conformance.tsv")) {
            var rows = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().skip(1).map(row -> row.split("\t", -1));
            return new OnnxConformance(rows.map(r -> new Line(r[0], Integer.parseInt(r[1]), Integer.parseInt(r[2]), r[3])).toList());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the table of ONNX's conformance suite", e);
        }
    }

    /** Operators of which some model does not pass. */
    public List<Line> open() { return lines.stream().filter(line -> line.pass() < line.models()).toList(); }

    /** Operators all of whose models pass. */
    public List<Line> whole() { return lines.stream().filter(line -> line.pass() == line.models()).toList(); }
}
