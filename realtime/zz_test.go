package realtime
import ("testing";"slices")
func TestZZ(t *testing.T){
 boards:=painter(t); changes,id:=life(busy())
 for _,a:=range []Audience{{KitchenScreen,1,0},{CourierScreen,1,3},{TillScreen,1,0},{DashboardScreen,1,0},{TrackingScreen,1,id}} { for i,ch:=range changes { if !slices.Contains(touched(ch),a.class()){continue}
  ops,_:=boards.pieces(a,ch); n := Patch{Seq: 1, Prev: 2, Time: 1773510000000, Ops: ops}.Frame().Len(); t.Log(a,i,n,summed(ops)); if a.Screen==KitchenScreen && i==0 { for _,o:=range ops { t.Log(o.HTML)}}; if a.Screen==TrackingScreen&&i==0{t.Log(ops[0].HTML)}
 }}}
