package lyceum.labs.llm;

import static lyceum.labs.Bounds.exactly;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Gguf;
import lyceum.format.Safetensors;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.weights.OpenWeights;
import lyceum.nn.Module;
import lyceum.plot.Figure;
import lyceum.tensor.QuantisedMatrix;

/** A release is made, opened and looked at: tensors, types and sizes of three formats, its licence, and what is missing for open source. */
@Lab(topics = "open-weights", title = "What is in a release")
final class OpenWeightsLab implements LabBody {
    @Override public void run(LabContext lab) {
        int width = lab.param("width", 64, 32, 256), layers = lab.param("layers", 2, 1, 8);
        var licence = lab.choice("licence", "llama3", "llama3", "apache-2.0", "mit", "none");
        boolean data = lab.flag("names its data", false);
        var model = new DecoderLM(DecoderConfig.llama(256, 128, layers, width, 4, 2, 2 * width), lab.rng(1));
        try {
            var folder = Files.createTempDirectory("release");
            try {
                look(lab, model, folder, licence, data);
            } finally {
                try (var files = Files.walk(folder)) {
                    for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void look(LabContext lab, DecoderLM model, Path folder, String licence, boolean data) throws IOException {
        var half = Module.to(model, DType.BF16);
        Safetensors.write(folder.resolve("model.safetensors"), half.state(), Map.of("formatVersion", "1"));
        var card = "---\n" + (licence.equals("none") ? "" : "license: " + licence + "\n") + (data ? "datasets:\n- king-james\n" : "")
                + "---\nA small decoder.\n";
        Files.writeString(folder.resolve("README.md"), card);
        Files.writeString(folder.resolve("config.json"), "{}");
        var blocks = new LinkedHashMap<String, Object>();
        model.state().forEach((name, t) -> blocks.put(name,
                t.rank() == 2 && t.size(1) % 32 == 0 ? QuantisedMatrix.of(t.detach(), BlockFormat.Q4_0) : t.detach()));
        var gguf = folder.resolve("q4").resolve("model.gguf");
        Files.createDirectory(gguf.getParent());
        Gguf.write(gguf, new LinkedHashMap<>(Map.of("general.architecture", "llama")), blocks);
        Safetensors.write(folder.resolve("q4").resolve("full"), model.state(), Map.of());

        OpenWeights release = OpenWeights.open(folder), small = OpenWeights.open(gguf),
                full = OpenWeights.open(folder.resolve("q4").resolve("full"));
        var rows = new ArrayList<List<?>>();
        for (var e : release.entries().values())
            if (rows.size() < 8)
                rows.add(List.of(e.name(), e.type(), e.shape().toString(), e.bytes(), small.entries().get(e.name()).type()));
        lab.table("The first tensors of " + release.entries().size(), List.of("name", "type", "shape", "bytes", "type in GGUF"), rows);
        lab.figure(Figure
                .bar("Bytes of one model", new String[] {"F32", "BF16", "Q4_0 blocks"},
                        new double[] {full.bytes(), release.bytes(), small.bytes()})
                .axes("format", "bytes").describedAs("Half the bytes in BF16, and about an eighth and a bit in blocks of four bits."));
        var openness = release.openness();
        lab.say("Licence %s, datasets %s, code %s. Missing for open source: %s.", openness.licence(), openness.datasets(), openness.code(),
                openness.missing());
        int same = 0;
        for (var name : full.entries().keySet()) if (full.tensor(name).ne(model.state().get(name)).countNonZero().item() == 0) same++;
        lab.shows("tensors read as they were written, of " + full.entries().size(), same, exactly(full.entries().size()));
        lab.shows("parts of an open-source release that are missing", openness.missing().size(),
                exactly((licence.equals("apache-2.0") || licence.equals("mit") ? 0 : 1) + (data ? 0 : 1) + 1));
    }
}
