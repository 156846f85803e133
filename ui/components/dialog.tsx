/**
 * Boxes in the middle of the screen: a question, a choice, a text to read.
 */
import { useState } from 'react';
import type { FC, ReactNode } from 'react';
import { Box } from 'ink';
import { windowTop } from '../hooks/use-list.ts';
import { useRawKeys } from '../hooks/use-raw-keys.ts';
import type { Choice, ScreenSize } from '../screen.ts';
import { safeText, textWidth, truncate, wrap } from '../text.ts';
import { Line } from './line.tsx';
import type { Segment } from './line.tsx';

/** A box over what is there, in the middle of `size`. */
const Frame: FC<{
  readonly size: ScreenSize;
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly foot: string;
  readonly children: ReactNode;
}> = ({ size, title, width, height, foot, children }) => {
  const inner = width - 2;
  const head = ` ${truncate(title, inner - 3)} `;
  const tail = ` ${truncate(foot, inner - 3)} `;
  const fill = (text: string): string => '─'.repeat(Math.max(0, inner - 1 - textWidth(text)));
  return (
    <Box
      position="absolute"
      marginLeft={Math.max(0, Math.floor((size.columns - width) / 2))}
      marginTop={Math.max(0, Math.floor((size.rows - height - 2) / 2))}
      flexDirection="column"
      width={width}
    >
      <Line width={width} segments={[{ text: `┌─${head}${fill(head)}┐`, tone: 'accent' }]} />
      {children}
      <Line width={width} segments={[{ text: `└─${tail}${fill(tail)}┘`, tone: 'accent' }]} />
    </Box>
  );
};

/** A line of a box. */
const Inside: FC<{
  readonly width: number;
  readonly segments: readonly Segment[];
  readonly isCursor?: boolean;
  readonly hasMark?: boolean;
}> = ({ width, ...line }) => (
  <Box width={width}>
    <Line width={1} segments={[{ text: '│', tone: 'accent' }]} />
    <Line width={width - 2} {...line} />
    <Line width={1} segments={[{ text: '│', tone: 'accent' }]} />
  </Box>
);

/** Widest line of some texts, within the screen. */
function boxWidth(texts: readonly string[], size: ScreenSize, more: number): number {
  const widest = texts.reduce((most, text) => Math.max(most, textWidth(text)), 0);
  return Math.max(20, Math.min(size.columns - 2, widest + more));
}

/** A choice; each has a key. */
export const ChooseDialog: FC<{
  readonly title: string;
  readonly choices: readonly Choice[];
  readonly size: ScreenSize;
  readonly onDone: (choice: Choice | undefined) => void;
}> = ({ title, choices, size, onDone }) => {
  const [cursor, setCursor] = useState(0);
  const height = Math.max(1, Math.min(choices.length, size.rows - 2));
  useRawKeys((key) => {
    const chosen = choices.find((choice) => choice.key === key);
    if (chosen !== undefined) onDone(chosen);
    else if (key === 'esc' || key === 'q') onDone(undefined);
    else if (key === 'enter') onDone(choices[cursor]);
    else if (key === 'down' || key === 'j' || key === 'tab') {
      setCursor((cursor + 1) % choices.length);
    } else if (key === 'up' || key === 'k' || key === 'shift-tab') {
      setCursor((cursor + choices.length - 1) % choices.length);
    }
  });
  const labels = choices.map(({ label }) => safeText(label));
  const name = safeText(title);
  const foot = 'enter chooses, esc leaves';
  const width = boxWidth([...labels.map((label) => `${label}xxx`), name, foot], size, 8);
  const top = windowTop(0, cursor, height, choices.length);
  return (
    <Frame size={size} title={name} width={width} height={height} foot={foot}>
      {choices.slice(top, top + height).map(({ key }, index) => (
        <Inside
          key={key}
          width={width}
          hasMark
          isCursor={top + index === cursor}
          segments={[
            { text: ` ${key} `, tone: 'strong' },
            { text: ` ${labels[top + index] ?? ''}` },
          ]}
        />
      ))}
    </Frame>
  );
};

/** Yes or no. */
export const AskDialog: FC<{
  readonly question: string;
  readonly size: ScreenSize;
  readonly onDone: (isYes: boolean) => void;
}> = ({ question, size, onDone }) => {
  useRawKeys((key) => {
    if (key === 'y' || key === 'Y') onDone(true);
    else if (key === 'n' || key === 'N' || key === 'esc' || key === 'q') onDone(false);
  });
  const width = Math.min(size.columns - 2, 66);
  const lines = wrap(safeText(question), width - 4).slice(0, Math.max(1, size.rows - 2));
  return (
    <Frame size={size} title="Sure?" width={width} height={lines.length} foot="y yes, n no">
      {lines.map((line, index) => (
        <Inside key={index} width={width} segments={[{ text: ` ${line}` }]} />
      ))}
    </Frame>
  );
};

/** A text to read, made safe and broken into lines. */
export const ShowDialog: FC<{
  readonly title: string;
  readonly lines: readonly string[];
  readonly size: ScreenSize;
  readonly onDone: () => void;
}> = ({ title, lines, size, onDone }) => {
  const [top, setTop] = useState(0);
  const safe = lines.map(safeText);
  const width = boxWidth([...safe, safeText(title)], size, 6);
  const wrapped = safe.flatMap((line) => wrap(line, width - 4));
  const height = Math.max(1, Math.min(wrapped.length, size.rows - 2));
  const last = wrapped.length - height;
  const steps: Readonly<Record<string, number>> = {
    j: 1,
    down: 1,
    k: -1,
    up: -1,
    pgdn: height,
    space: height,
    pgup: -height,
    'ctrl-d': Math.ceil(height / 2),
    'ctrl-u': -Math.ceil(height / 2),
    home: -wrapped.length,
    g: -wrapped.length,
    end: wrapped.length,
    G: wrapped.length,
  };
  useRawKeys((key) => {
    const step = steps[key];
    if (step !== undefined) setTop(Math.max(0, Math.min(top + step, last)));
    else if (key === 'esc' || key === 'q' || key === 'enter') onDone();
  });
  const foot = last > 0 ? `${top + height} of ${wrapped.length} lines, esc closes` : 'esc closes';
  return (
    <Frame size={size} title={safeText(title)} width={width} height={height} foot={foot}>
      {wrapped.slice(top, top + height).map((line, index) => (
        <Inside key={index} width={width} segments={[{ text: ` ${line}` }]} />
      ))}
    </Frame>
  );
};
