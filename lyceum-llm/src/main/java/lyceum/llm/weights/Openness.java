package lyceum.llm.weights;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a release of weights has beside them: an inventory of files and fields, no legal judgement.
 *
 * @param licence as the model card, the file's metadata or a licence file say it; null if nothing does
 * @param osi whether that is the name of a licence that the Open Source Initiative lists
 * @param datasets that the card names
 * @param code files and links for training
 * @param missing of what the Open Source AI Definition asks for: licence, data information, code
 * @see <a href="https://opensource.org/ai/open-source-ai-definition">Open Source AI Definition 1.0 (2024)</a>
 */
public record Openness(String licence, boolean osi, List<String> datasets, List<String> code, List<String> missing) {
    private static final Set<String> OSI = Set.of("apache-2.0", "mit", "bsd", "bsd-2-clause", "bsd-3-clause", "gpl-2.0", "gpl-3.0",
            "lgpl-3.0", "agpl-3.0", "mpl-2.0", "isc", "artistic-2.0", "epl-2.0", "unlicense", "zlib", "ms-pl", "postgresql", "afl-3.0",
            "ecl-2.0", "eupl-1.2", "osl-3.0");
    private static final Pattern REPOSITORY = Pattern.compile("https://(?:github|gitlab)\\.com/[\\w.-]+/[\\w.-]+");
    private static final int MOST_CARD = 1 << 20;

    public Openness {
        datasets = List.copyOf(datasets);
        code = List.copyOf(code);
        missing = List.copyOf(missing);
    }

    /** Reads {@code README.md}, licence files and the weights' own metadata. */
    static Openness of(Path folder, Map<String, String> metadata) throws IOException {
        var card = card(folder.resolve("README.md"));
        var lines = card.startsWith("---") ? card.substring(3).split("\n---", 2)[0].split("\n") : new String[0];
        var licence = metadata.getOrDefault("general.license", metadata.get("license"));
        var datasets = new ArrayList<String>();
        var key = "";
        for (var line : lines) {
            if (line.startsWith("license:")) licence = line.substring(8).strip();
            if (line.matches("\\w[\\w_-]*:.*")) key = line.substring(0, line.indexOf(':'));
            if (key.equals("datasets") && line.strip().startsWith("- ")) datasets.add(line.strip().substring(2).strip());
        }
        var code = new ArrayList<String>();
        try (var files = Files.list(folder)) {
            for (var file : files.sorted().toList()) {
                var name = file.getFileName().toString();
                if (licence == null && name.toUpperCase(Locale.ROOT).startsWith("LICEN")) licence = named(card(file));
                if (name.startsWith("train") && (name.endsWith(".py") || name.endsWith(".sh") || name.endsWith(".java"))) code.add(name);
            }
        }
        var links = REPOSITORY.matcher(card);
        while (links.find()) if (!code.contains(links.group())) code.add(links.group());
        boolean osi = licence != null && OSI.contains(licence.toLowerCase(Locale.ROOT));
        var missing = new ArrayList<String>();
        if (licence == null) missing.add("licence");
        else if (!osi) missing.add("a licence that the Open Source Initiative lists");
        if (datasets.isEmpty()) missing.add("data information");
        if (code.isEmpty()) missing.add("code");
        return new Openness(licence, osi, datasets, code, missing);
    }

    /** A text file's beginning; empty where there is none, or it is no text. */
    private static String card(Path file) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) > MOST_CARD) return "";
        try {
            return Files.readString(file).replace("\r\n", "\n");
        } catch (MalformedInputException e) {
            return "";
        }
    }

    private static String named(String text) {
        if (text.contains("Apache License") && text.contains("Version 2.0")) return "apache-2.0";
        if (text.contains("Permission is hereby granted, free of charge")) return "mit";
        if (text.contains("GNU GENERAL PUBLIC LICENSE") && text.contains("Version 3")) return "gpl-3.0";
        return "other";
    }

    /** Whether nothing that the definition asks for is missing; whether what is there suffices is for a reader to judge. */
    public boolean isComplete() { return missing.isEmpty(); }
}
