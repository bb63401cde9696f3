package lyceum.plot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import lyceum.plot.render.Png;
import lyceum.plot.render.Svg;
import lyceum.plot.render.TerminalText;
import lyceum.plot.render.Theme;
import lyceum.plot.render.VegaLite;

/** Writes every sample figure in both themes to {@code target/gallery}, to be looked at. */
public final class Gallery {
    private Gallery() {}

    public static void main(String[] args) throws IOException {
        var folder = Files.createDirectories(Path.of(args.length > 0 ? args[0] : "target/gallery"));
        var text = new StringBuilder();
        for (var f : Samples.all()) {
            text.append(new TerminalText().draw(f)).append('\n').append(new TerminalText().withAscii(true).draw(f)).append('\n');
            var name = f.title().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
            Files.writeString(folder.resolve(name + ".vl.json"), VegaLite.spec(f).toString());
            for (var theme : new Theme[] {Theme.LIGHT, Theme.DARK}) {
                Files.write(folder.resolve(name + "-" + theme.name() + ".png"), Png.write(f, theme));
                Files.writeString(folder.resolve(name + "-" + theme.name() + ".svg"), Svg.write(f, theme));
            }
        }
        Files.writeString(folder.resolve("terminal.txt"), text);
        for (var theme : new Theme[] {Theme.LIGHT, Theme.DARK})
            Files.writeString(folder.resolve("config-" + theme.name() + ".json"), VegaLite.config(theme).toString());
    }
}
