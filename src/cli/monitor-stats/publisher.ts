/** Where the result goes: to a file, to stdout, or to both in different formats. */
import type { Frame } from '../../core/frame.ts';
import { selfColumns, selfRows } from '../../record/self.ts';
import { hostFacts } from '../../report/host-facts.ts';
import type { MonitorReport } from '../../report/monitor-report.ts';
import type { Format, View, ViewContext } from '../../report/view.ts';
import type { Measurement } from './measure.ts';

/** Takes text; `AtomicFile` and `Output` are such. */
export interface TextSink {
  write(text: string): Promise<void>;
}

/** How a sink wants its text. */
export interface Presentation {
  readonly verbose: boolean;
  readonly color: boolean;
  readonly columns: number;
}

/** One format going to one sink. */
export class Publisher {
  private readonly sink: TextSink;
  private readonly view: View;

  constructor(sink: TextSink, format: Format, measurement: Measurement, presentation: Presentation) {
    this.sink = sink;
    this.view = format.open(viewContext(measurement, presentation));
  }

  /** Streams the sample, in formats that do. */
  async sample(frame: Frame): Promise<void> {
    const text = this.view.sample?.(frame) ?? '';
    if (text !== '') await this.sink.write(text);
  }

  /** Writes the result. */
  async end(report: MonitorReport, frame: Frame): Promise<void> {
    await this.sink.write(this.view.end(report, frame));
  }

  /** Whether there is something to write before the end. */
  get streams(): boolean {
    return this.view.sample !== undefined;
  }
}

/** What a view of this measurement may look at. */
function viewContext(measurement: Measurement, presentation: Presentation): ViewContext {
  return {
    ...presentation,
    summarizer: measurement.summarizer,
    processes: measurement.processes,
    extraRows: selfRows,
    describe: (metric) => selfColumns.find((column) => column.metric === metric),
    host: () => hostFacts(measurement.frame as Frame),
  };
}
