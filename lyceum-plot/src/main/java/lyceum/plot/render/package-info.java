/**
 * Draws a {@link lyceum.plot.Figure}: {@link lyceum.plot.render.Svg} and {@link lyceum.plot.render.Png} without a browser,
 * {@link lyceum.plot.render.VegaLite} for a page that is interactive, {@link lyceum.plot.render.TerminalText} for a terminal.
 *
 * <p>SVG and PNG share one layout: a figure becomes a {@code Scene} of a few primitives whose colours are names of a
 * {@link lyceum.plot.render.Theme}; one class writes it as text, the other paints it. So both always agree, and neither needs a
 * charting library.
 */
package lyceum.plot.render;
