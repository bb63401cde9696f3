package lyceum.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.regex.Pattern;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Catalogue;
import lyceum.labs.catalogue.Formulas;
import org.junit.jupiter.api.Test;

/** What a formula may say, by KaTeX's own script; the browser's test draws each of them. */
class FormulasTest {

    private static final Pattern COMMAND = Pattern.compile("\\\\([A-Za-z]+)");
    private static final Pattern ENVIRONMENT = Pattern.compile("\\\\begin\\{([^}]*)}");

    @Test void everyCommandInAFormulaIsOneThatKatexKnows() {
        var katex = new String(new Assets().find("katex/katex.min.js").orElseThrow().bytes(), StandardCharsets.UTF_8);
        var unknown = new ArrayList<String>();
        for (var topic : Catalogue.load().topics()) {
            for (var formula : Article.find(topic.slug()).map(a -> Formulas.of(a.markdown())).orElseGet(ArrayList::new)) {
                COMMAND.matcher(formula).results().filter(m -> !katex.contains("\\\\" + m.group(1) + "\""))
                        .forEach(m -> unknown.add(topic.slug() + ": " + m.group()));
                ENVIRONMENT.matcher(formula).results().filter(m -> !katex.contains("\"" + m.group(1) + "\""))
                        .forEach(m -> unknown.add(topic.slug() + ": " + m.group()));
            }
        }
        assertThat(unknown).isEmpty();
    }
}
